import "./main.css";

// Stands in until the pages are there: it shows that scripts run and that deep links lead here.
const at = document.getElementById("at");
if (at !== null) {
  at.textContent = `You are at ${location.pathname}.`;
}
