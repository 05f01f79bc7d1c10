// The page of the API: Swagger UI from our own machine, started without an inline script.
const place = document.getElementById("docs");

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.openapi,
  deepLinking: true,
  validatorUrl: null, // nobody outside hears of our API
  presets: [window.SwaggerUIBundle.presets.apis],
});
