/** The answer that the gateway has always given, and more beside it. */
export const SUCCESS_EXAMPLE = {
  status: 'success',
  database: 'mongodb',
  result: {
    medicos: {
      url: 's3://pharmavida-ingesta/mongodb/medicos_20250102_153045.csv',
      registros: 150,
      bytes: 12_288,
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      lossy: 0,
    },
    recetas: {
      url: 's3://pharmavida-ingesta/mongodb/recetas_20250102_153045.csv',
      registros: 450,
      bytes: 61_440,
      sha256: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
      lossy: 0,
    },
  },
  manifest: 's3://pharmavida-ingesta/_esclusa/commits/01942797-5a30-7cc0-8a2b-3f1d6f0e9c11/1.json',
  snapshot: { consistency: 'snapshot', takenAt: '2025-01-02T15:30:45.310Z' },
  run: '01942797-5a30-7cc0-8a2b-3f1d6f0e9c11',
  logs: '/api/runs/01942797-5a30-7cc0-8a2b-3f1d6f0e9c11/logs',
};

export const CURL_EXAMPLE = 'curl -X POST http://localhost:8000/api/ingesta/mongodb';

export const PYTHON_EXAMPLE = `import requests

response = requests.post("http://localhost:8000/api/ingesta/postgresql")
data = response.json()

if data["status"] == "success":
    print(f"Productos exportados: {data['result']['productos']['registros']}")
    print(f"URL: {data['result']['productos']['url']}")`;

export const LOGS_EXAMPLE =
  '{"type":"log","level":"info","message":"secrets received","event":"secrets-received"}\n' +
  '{"type":"error","code":"SOURCE_UNREACHABLE","message":"connecting: connect ECONNREFUSED 172.18.0.3:5432","retryable":true}\n';

export const EVENTS_EXAMPLE =
  'id: 1735831845123\nevent: state\ndata: {"at":"2025-01-02T15:30:45.123Z","event":"started","state":"running","attempt":1}\n\n' +
  'event: progress\ndata: {"datasets":{"medicos":{"rows":100,"bytes":8192,"total":150,"percent":66.6}},"rows":100,"bytes":8192,"percent":66.6}\n\n';
