import { describe, expect, test } from '@jest/globals';
import { isSensitiveColumn } from './sensitive-columns.ts';

describe('a column is left out when it is called', () => {
  test.each([
    'password',
    'PASSWORD',
    'password2',
    'user_password',
    'userPassword',
    'PasswordHash',
    'PASSWORD_HASH',
    'encrypted-password',
    'passwd',
    'pwd',
    'pass',
    'pass_hash',
    'passphrase',
    'secret',
    'client_secret',
    'totpSecret',
    'secretAccessKey',
    'AWS_SECRET_ACCESS_KEY',
    'token',
    'accessToken',
    'refresh token',
    'TOKEN_2',
    'apikey',
    'apiKey',
    'APIKey',
    'X-API-Key',
    'private_key',
    'credentials',
    'pin',
    'contraseña',
    'Contraseña',
    'CONTRASEÑA',
    'contraseña_hash',
    'contraseñaUsuario',
    'contrasena',
    // The same word with a combining tilde.
    'contrasen\u0303a',
    'clave',
    'clave_secreta',
    'clave_acceso',
    'claveHash',
    'código_secreto',
    'credencial',
  ])('%s', (name) => {
    expect(isSensitiveColumn(name)).toBe(true);
  });
});

describe('a column is kept when it is called', () => {
  test.each([
    'id',
    'nombre',
    'key',
    'hash',
    'passport',
    'compass',
    'bypass',
    'passed_at',
    'pasaporte',
    'secretary',
    'secretaria',
    'tokenizer',
    'spinning',
    'keyboard',
    'primary_key',
    'public_key',
    'api_version',
    'clave_producto',
    'claveProducto',
    'clave_cliente',
    'palabra_clave',
    'conclave',
    'requiere_receta',
    'access_level',
    'access_keyword',
    'api_keyboard',
    '薬',
    '',
    '_',
  ])('%j', (name) => {
    expect(isSensitiveColumn(name)).toBe(false);
  });
});
