import { literalsInModes } from './modes.ts';

literalsInModes('mysql');
