import { literalsInModes } from './modes.ts';

literalsInModes('mariadb');
