// The validator badge would send the document's address to a server elsewhere.
globalThis.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, displayRequestDuration: true, validatorUrl: null });
