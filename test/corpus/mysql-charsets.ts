/** A character set, a text that it has, and bytes that it takes and has no character for. */
interface CharsetEntry {
  readonly charset: string;
  readonly whole: string;
  /** As hex digits; each is one character that is lost. */
  readonly lost: string;
  /** What the server makes of it. */
  readonly becomes?: string;
  readonly only?: 'mysql' | 'mariadb';
}

/** Every set that both servers were found to lose characters of, by trial of every byte and pair. */
export const LOSSY_CHARSETS: readonly CharsetEntry[] = [
  { charset: 'big5', whole: '漢字', lost: 'a3c0' },
  { charset: 'cp1250', whole: 'žluť', lost: '81' },
  { charset: 'cp1251', whole: 'Привет', lost: '98' },
  { charset: 'cp1256', whole: 'سلام', lost: '8a' },
  { charset: 'cp1257', whole: 'ąžuolas', lost: '81' },
  // Two of its characters are one of Unicode: a value of such a pair is whole.
  { charset: 'cp932', whole: 'テスト∪≒', lost: '81ad' },
  { charset: 'dec8', whole: 'ñandú', lost: 'a4' },
  { charset: 'eucjpms', whole: 'テスト', lost: 'a2af' },
  { charset: 'euckr', whole: '한글', lost: 'a2e8' },
  { charset: 'gb18030', whole: '汉字😀', lost: '8431b030', only: 'mysql' },
  { charset: 'gb2312', whole: '汉字', lost: 'a2a1' },
  { charset: 'gbk', whole: '汉字', lost: 'a140' },
  { charset: 'geostd8', whole: 'გამარჯობა', lost: '81' },
  { charset: 'greek', whole: 'Ελλάδα', lost: 'a4' },
  { charset: 'hebrew', whole: 'שלום', lost: 'a1' },
  { charset: 'hp8', whole: 'ñandú', lost: 'ff' },
  { charset: 'sjis', whole: 'テスト\\', lost: '81ad' },
  { charset: 'swe7', whole: 'ÅÄÖ', lost: '80' },
  { charset: 'tis620', whole: 'สวัสดี', lost: 'a0', becomes: '\ufffd' },
  { charset: 'ujis', whole: 'テスト', lost: 'a2af' },
];
