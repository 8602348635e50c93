// Fonts are the reader's own: ReDoc's default ones would come from elsewhere.
const theme = { typography: { fontFamily: 'system-ui, sans-serif', headings: { fontFamily: 'system-ui, sans-serif' }, code: { fontFamily: 'monospace' } } };
globalThis.Redoc.init('/openapi.json', { hideDownloadButton: false, theme }, document.getElementById('redoc'));
