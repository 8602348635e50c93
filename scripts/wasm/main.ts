import { compileAll } from './compile.ts';

await compileAll();
