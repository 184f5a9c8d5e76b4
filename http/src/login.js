"use strict";
// Exchanges the code in the fragment, or a token, for the cookie of a session. Neither is ever part
// of a URL that is sent.
const said = document.getElementById("said");
const form = document.getElementById("by-token");
const token = document.getElementById("token");
const asked = new URLSearchParams(location.search);

// Where the login was asked from: a path of this server, and nothing that leads elsewhere. What a
// browser makes of `//host`, `/\\host` or `/<tab>/host` is another origin.
function next() {
  const wanted = asked.get("next") ?? "/";
  try {
    const url = new URL(wanted, location.origin);
    return wanted.startsWith("/") && url.origin === location.origin ? url.href : "/";
  } catch {
    return "/";
  }
}

async function enter(given) {
  said.textContent = "Logging in ...";
  try {
    const answer = await fetch("/api/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(given),
    });
    if (answer.ok) {
      location.replace(next());
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
