// Sets the theme before anything is drawn, so that the page does not flash.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("netscan.theme");
  } catch {
    // Storage is off: the system's theme it is.
  }
  const dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
