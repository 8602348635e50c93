import { mysqlIncrements } from './mysql.ts';

mysqlIncrements('mysql');
