/* The report's own script: filters, keys, links into runs, audio. It asks the network for nothing. */
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  const runs = [...document.querySelectorAll("details.run")];
  const form = find("#filter");
  const texts = new Map();

  const textOf = (run) => {
    if (!texts.has(run)) texts.set(run, `${run.dataset.tags} ${run.textContent}`.toLowerCase());
    return texts.get(run);
  };

  const filter = () => {
    const words = find("#words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = {
      status: form.elements.status.value,
      suite: find("#suite")?.value ?? "",
      language: find("#language").value,
    };
    const tag = find("#tag").value;
    const changed = find("#changed")?.checked ?? false;
    let shown = 0;
    for (const run of runs) {
      const fits =
        Object.entries(wanted).every(([name, value]) => !value || run.dataset[name] === value) &&
        (!tag || run.dataset.tags.split("|").includes(tag)) &&
        (!changed || "changed" in run.dataset) &&
        words.every((word) => textOf(run).includes(word));
      run.hidden = !fits;
      shown += fits;
    }
    find("#count").textContent = shown === runs.length ? `${shown} runs` : `${shown} of ${runs.length} runs`;
    find("#nothing").hidden = shown > 0;
  };

  const show = (values) => {
    form.reset();
    if (values.search) find("#words").value = values.search;
    if (values.tag) find("#tag").value = values.tag;
    if (values.suite && find("#suite")) find("#suite").value = values.suite;
    filter();
    find("#runs").scrollIntoView();
    if (values.search) {
      const shown = runs.filter((run) => !run.hidden);
      if (shown.length === 1) shown[0].open = true;
    }
  };

  const openTarget = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const run = target && target.closest("details.run");
    if (!run) return;
    run.hidden = false;
    run.open = true;
    target.scrollIntoView({ block: target === run ? "start" : "center" });
  };

  const move = (step) => {
    const shown = runs.filter((run) => !run.hidden);
    if (!shown.length) return;
    const here = shown.indexOf(document.activeElement?.closest?.("details.run"));
    const next = here < 0 ? (step > 0 ? 0 : shown.length - 1) : Math.min(shown.length - 1, Math.max(0, here + step));
    const head = shown[next].querySelector("summary");
    head.focus();
    head.scrollIntoView({ block: "nearest" });
  };

  const load = (audio) => {
    const stored = audio.dataset.audio && document.getElementById(audio.dataset.audio);
    if (!stored || audio.src) return;
    const bytes = Uint8Array.from(atob(stored.textContent.trim()), (sign) => sign.charCodeAt(0));
    audio.src = URL.createObjectURL(new Blob([bytes], { type: "audio/ogg" }));
  };

  const playing = (audio) => {
    const at = audio.currentTime * 1000;
    const turns = [...audio.closest(".inside").querySelectorAll(".turn")];
    const begun = turns.filter((turn) => Number(turn.querySelector(".seek")?.dataset.at ?? Infinity) <= at + 50);
    for (const turn of turns) turn.classList.toggle("now", !audio.paused && turn === begun.at(-1));
  };

  for (const run of runs) {
    const audio = run.querySelector("audio");
    if (!audio) continue;
    run.addEventListener("toggle", () => run.open && load(audio));
    for (const name of ["timeupdate", "pause", "play"]) audio.addEventListener(name, () => playing(audio));
  }

  document.addEventListener("click", (event) => {
    const seek = event.target.closest(".seek");
    if (seek) {
      const audio = seek.closest(".inside").querySelector("audio");
      if (!audio) return;
      load(audio);
      const start = () => {
        audio.currentTime = Number(seek.dataset.at) / 1000;
        audio.play();
      };
      if (audio.readyState >= 1) start();
      else {
        audio.addEventListener("loadedmetadata", start, { once: true });
        audio.load();
      }
      return;
    }
    const chooser = event.target.closest("[data-search], button[data-tag]");
    if (chooser) show(chooser.dataset);
  });

  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.matches("input, select, textarea")) {
        if (event.key === "Escape") event.target.blur();
        return;
      }
      const deed = { "/": () => find("#words").focus(), j: () => move(1), k: () => move(-1) }[event.key];
      if (deed) {
        event.preventDefault();
        deed();
      }
    });
  }
  addEventListener("hashchange", openTarget);
  openTarget();
})();
