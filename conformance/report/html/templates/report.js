"use strict";
(() => {
  const form = document.querySelector(".filters form");
  if (!form) return;
  document.querySelector(".filters").hidden = false;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const fields = { q: form.elements.q, outcome: form.elements.outcome, area: form.elements.area,
    provider: form.elements.provider };
  const said = form.querySelector("output");
  const areas = all("section.area").map((area) => ({
    node: area, name: area.dataset.area, cases: all("details.case", area).map((one) => ({
      node: one, results: all("details.result", one).map((result) => ({
        node: result, outcome: result.dataset.outcome, providers: result.dataset.providers.split(" "), text: null })),
    })),
  }));

  // Read when somebody searches: the page is long, and most readers do not.
  const textOf = (one, result) => {
    one.head ??= one.node.querySelector("summary").textContent + one.node.querySelector(".source").textContent;
    result.text ??= (one.head + " " + result.node.textContent).toLowerCase();
    return result.text;
  };

  const apply = () => {
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { outcome, area, provider } = { outcome: fields.outcome.value, area: fields.area.value,
      provider: fields.provider.value };
    let shown = 0, total = 0;
    for (const group of areas) {
      let some = false;
      for (const one of group.cases) {
        let any = false;
        for (const result of one.results) {
          total += 1;
          const fits = (!area || group.name === area) && (!outcome || result.outcome === outcome)
            && (!provider || result.providers.includes(provider))
            && (!words.length || words.every((word) => textOf(one, result).includes(word)));
          result.node.hidden = !fits;
          if (fits) { any = true; shown += 1; }
        }
        one.node.hidden = !any;
        some = some || any;
      }
      group.node.hidden = !some;
    }
    said.textContent = shown === total ? `${total} results` : `${shown} of ${total} results`;
  };

  const openTo = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.closest("[hidden]")) { form.reset(); apply(); }
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (target.matches("details.case")) target.querySelector("details.result").open = true;
    target.scrollIntoView();
  };

  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  document.addEventListener("click", (event) => {
    const cell = event.target.closest("a[data-area]");
    if (!cell) return;
    fields.q.value = "";
    fields.outcome.value = "";
    fields.area.value = cell.dataset.area;
    fields.provider.value = cell.dataset.provider;
    apply();
  });
  addEventListener("hashchange", () => openTo(decodeURIComponent(location.hash.slice(1))));
  apply();
  openTo(decodeURIComponent(location.hash.slice(1)));
})();
