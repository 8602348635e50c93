import { mysqlCorpus } from './mysql-corpus.ts';

mysqlCorpus('mysql');
