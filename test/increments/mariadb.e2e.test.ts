import { mysqlIncrements } from './mysql.ts';

mysqlIncrements('mariadb');
