// Before anything is painted: the look that was chosen, or that of the system.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("c360.theme"); } catch { /* storage is forbidden: the system's look */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
