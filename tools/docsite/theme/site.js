// Search, the colour scheme's button, and the contents' folding on small screens.
(function () {
  "use strict";
  var root = document.currentScript.getAttribute("data-root");
  var input = document.querySelector(".search input");
  var results = document.querySelector(".results");
  var MOST = 12;
  var loading = null;

  document.querySelector(".scheme").addEventListener("click", window.netwrightToggleScheme);

  var side = document.querySelector(".side");
  var narrow = matchMedia("(max-width: 60rem)");
  function fold() {
    if (side) side.open = !narrow.matches;
  }
  fold();
  narrow.addEventListener("change", fold);
  var current = side && side.querySelector("[aria-current]");
  if (current && !narrow.matches) current.scrollIntoView({ block: "nearest" });

  function load() {
    loading =
      loading ||
      new Promise(function (done, failed) {
        var script = document.createElement("script");
        script.src = root + "search-index.js";
        script.onload = function () {
          done(window.netwrightSearch);
        };
        script.onerror = failed;
        document.head.append(script);
      });
    return loading;
  }

  // Every word must be there; a title that begins with what was typed comes first.
  function score(entry, words, whole) {
    var title = entry[1].toLowerCase();
    var text = entry[3].toLowerCase();
    var sum = 0;
    for (var i = 0; i < words.length; i++) {
      if (title.includes(words[i])) sum += 10;
      else if (text.includes(words[i])) sum += 1;
      else if (!entry[2].toLowerCase().includes(words[i])) return 0;
    }
    if (title === whole) sum += 100;
    else if (title.split(/[^\p{L}\p{N}_]+/u).includes(whole)) sum += 40;
    else if (title.startsWith(whole)) sum += 20;
    return sum + (entry[2] ? 0 : 2) - Math.min(title.length, 80) / 100;
  }

  function around(text, word) {
    var at = text.toLowerCase().indexOf(word);
    var from = at > 60 ? at - 40 : 0;
    return (from ? "…" : "") + text.slice(from, from + 130) + (text.length > from + 130 ? "…" : "");
  }

  function show(index) {
    var whole = input.value.trim().toLowerCase();
    results.replaceChildren();
    results.hidden = !whole;
    if (!whole) return;
    var words = whole.split(/\s+/);
    var found = index
      .map(function (entry) {
        return [score(entry, words, whole), entry];
      })
      .filter(function (pair) {
        return pair[0] > 0;
      })
      .sort(function (a, b) {
        return b[0] - a[0];
      })
      .slice(0, MOST);
    found.forEach(function (pair) {
      var entry = pair[1];
      var link = document.createElement("a");
      link.href = root + entry[0];
      var title = document.createElement("b");
      title.textContent = entry[1];
      var place = document.createElement("i");
      place.textContent = entry[2];
      var text = document.createElement("span");
      text.textContent = around(entry[3], words[0]);
      link.append(title, place, text);
      results.append(link);
    });
    if (!found.length) {
      var none = document.createElement("p");
      none.textContent = document.documentElement.lang === "zh-CN" ? "没有找到。" : "Nothing was found.";
      results.append(none);
    }
  }

  input.addEventListener("input", function () {
    load().then(show);
  });
  input.form.addEventListener("submit", function (event) {
    event.preventDefault();
    var first = results.querySelector("a");
    if (first) first.click();
  });
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) {
      event.preventDefault();
      input.focus();
    }
    if (event.key === "Escape") {
      input.value = "";
      results.hidden = true;
    }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !results.hidden) {
      var links = Array.from(results.querySelectorAll("a"));
      var at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      if (at < 0) input.focus();
      else if (links[at]) links[at].focus();
    }
  });
  document.addEventListener("click", function (event) {
    if (!results.contains(event.target) && event.target !== input) results.hidden = true;
  });
})();
