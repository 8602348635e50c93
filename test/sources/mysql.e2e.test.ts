import { describeSource } from '../../jobs/kit/src/testing/source-conformance.ts';
import { mysqlParts } from './mysql-parts.ts';

describeSource('mysql, on MySQL', () => mysqlParts('mysql'));
