// Light or dark: what the person chose last, else what the system prefers. Not a module: it runs before the first paint.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("jupyterhub-bs-theme");
    } catch {
      return null; // storage may be forbidden
    }
  }

  function apply() {
    const theme = chosen();
    root.dataset.bsTheme = theme === "light" || theme === "dark" ? theme : system.matches ? "dark" : "light";
  }

  root.classList.add("script");
  apply();
  system.addEventListener("change", apply);

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.addEventListener("click", () => {
        const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
        try {
          localStorage.setItem("jupyterhub-bs-theme", theme);
        } catch {
          // the choice then lasts for this page
        }
        root.dataset.bsTheme = theme;
      });
    }
  });
})();
