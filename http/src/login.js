"use strict";
// Exchanges the code in the fragment, or a token, for the cookie of a session. Neither is ever part
// of a URL that is sent.
const said = document.getElementById("said");
const form = document.getElementById("by-token");
const token = document.getElementById("token");

async function enter(given) {
  said.textContent = "Logging in ...";
  try {
    const answer = await fetch("/api/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(given),
    });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    const problem = await answer.json();
    said.textContent = problem.detail;
  } catch (error) {
    said.textContent = "The server does not answer.";
  }
  form.hidden = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = token.value.trim();
  token.value = "";
  enter({ token: given });
});

const code = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
if (code) {
  enter({ code });
} else {
  form.hidden = false;
}
