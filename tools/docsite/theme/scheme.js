// Sets the colour scheme before the first paint: the one chosen in the studio, which has the same address.
(function () {
  "use strict";
  var key = "mantine-color-scheme-value";
  var root = document.documentElement;
  function read() {
    try {
      return localStorage.getItem(key) || "auto";
    } catch (error) {
      return "auto"; // storage is blocked: follow the system
    }
  }
  function show(wanted) {
    var dark = wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
    return dark;
  }
  show(read());
  window.netwrightToggleScheme = function () {
    var next = root.getAttribute("data-mantine-color-scheme") === "dark" ? "light" : "dark";
    show(next);
    try {
      localStorage.setItem(key, next);
    } catch (error) {
      return; // it holds for this page only
    }
  };
})();
