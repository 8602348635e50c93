import { describeSource } from '../../jobs/kit/src/testing/source-conformance.ts';
import { postgresqlParts } from './postgresql-parts.ts';

describeSource('postgresql', () => postgresqlParts());
