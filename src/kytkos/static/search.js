// Search without a server: forms of a word, parts of compounds, small slips of the pen.
(() => {
  'use strict';
  const LANGUAGES = ['fi', 'sv', 'en'];
  const MOST = 30;
  const fold = text => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  // A hyphen joins: «K-H» is «KH»; but each part counts, too.
  const words = text => fold(text).split(/[^\p{L}\p{N}-]+/u).flatMap(word =>
    word.includes('-') ? [word.replace(/-/g, ''), ...word.split('-')] : [word]).filter(Boolean);
  const IDLE = new Set(words('kuka mika mita missa mihin miten kuinka usein onko ja tai on ei ' +
    'vastaa vem ansvarar vad var hur och eller ar inte the responsible who what where how and or is of in a'));

  const shared = (a, b) => {
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    return i;
  };

  // Slips: letters to change, add, drop or swap to make one word of the other, at most `most`.
  function slips(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    let before = [], last = [...Array(b.length + 1).keys()];
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      for (let j = 1; j <= b.length; j++) {
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] !== b[j - 1]));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
          row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      [before, last] = [last, row];
    }
    return last[b.length];
  }

  // How well a word that is sought fits a word that there is, from 0 to 1.
  function likeness(sought, word) {
    if (sought === word) return 1;
    if (sought.length > 1 && word.startsWith(sought)) return 0.9 - 0.1 * (1 - sought.length / word.length);
    const start = shared(sought, word), end = sought.length - start, rest = word.length - start;
    // An inflected form: the same beginning, then endings.
    if (start >= 3 && end <= Math.min(start + 1, 7) && rest <= (start < 5 ? 2 : 3))
      return 0.92 - 0.03 * end - (end > 6 ? 0.12 : 0);
    // An inflected form of what a compound begins with.
    if (start >= 6 && end <= 5) return 0.5 + 0.35 * start / sought.length;
    const stem = sought.length > 6 ? sought.slice(0, -2) : sought;
    if (stem.length > 3 && word.length > stem.length && word.includes(stem)) return 0.6;
    if (word.length > 4 && sought.length > word.length + 3 && (start === word.length
        || sought.includes(word))) return 0.5;
    const most = sought.length > 8 ? 2 : sought.length > 3 ? 1 : 0;
    for (const near of [word, word.slice(0, sought.length)])
      if (most && near.length > 3 && slips(sought, near, most) <= most) return 0.55;
    return 0;
  }

  // How well a text answers: each word that is sought by its best, the whole text a little.
  function fit(sought, text, cache) {
    const there = cache[text] ??= text.split(/\s+/).map(words).filter(w => w.length);
    let covered = 0, isCarried = false;
    const each = sought.map(word => {
      const fits = there.map(parts => Math.max(...parts.map(other => likeness(word, other))));
      const best = Math.max(0, ...fits);
      if (best) covered++;
      // The last word of a name carries it; the first one says what it is about.
      if (best && (fits[0] === best || fits.at(-1) === best)) isCarried = true;
      return best;
    });
    const share = covered / Math.max(there.length, sought.length, 1);
    return each.map(best => best * (0.65 + 0.25 * share + 0.1 * isCarried));
  }

  // What many entries share is in lists.
  const { kinds: allKinds, told: allTold, entries } = window.KYTKOS_INDEX;
  const index = entries.map(([path, titles, kind, names, told]) =>
    [path, titles, allKinds[kind], names, told.map(n => allTold[n])]);

  const seen = {};
  function find(query, lang) {
    const own = LANGUAGES.indexOf(lang);
    const all = [...new Set(words(query))];
    const told = all.filter(word => !IDLE.has(word));
    const sought = told.length ? told : all;
    if (!sought.length) return [];
    const found = index.map(([path, titles, kinds, names, tellings], order) => {
      const texts = [[titles[own], 1], ...titles.filter((_, i) => i !== own).map(t => [t, 0.8]),
        ...names.map(n => [n, 0.9]), [kinds[own], 0.3], ...tellings.map(t => [t, 0.45])];
      const best = sought.map(() => 0);
      let by = '', most = 0;
      for (const [text, weight] of texts) {
        const fits = fit(sought, text, seen).map(f => f * weight);
        fits.forEach((f, i) => { best[i] = Math.max(best[i], f); });
        const sum = fits.reduce((a, b) => a + b, 0);
        if (sum > most + 0.001) [by, most] = [text, sum];
      }
      const score = best.reduce((a, b) => a + b, 0) + most / 10;
      return { path, title: titles[own], kind: kinds[own], by, score, order };
    }).filter(hit => hit.score > 0.4).sort((a, b) => b.score - a.score || a.order - b.order);
    return found.filter(hit => hit.score > found[0].score * 0.5).slice(0, MOST);
  }
  window.kytkosFind = find;

  const form = document.getElementById('search');
  if (!form) return;
  const lang = document.documentElement.lang;
  const field = form.querySelector('input');
  const list = document.getElementById('hits');
  const said = document.getElementById('count');

  function show() {
    const query = field.value.trim();
    const hits = query ? find(query, lang) : [];
    list.replaceChildren(...hits.map(hit => {
      const item = document.createElement('li'), link = document.createElement('a');
      link.href = form.dataset.root + hit.path;
      link.textContent = hit.title;
      item.append(link);
      const more = [hit.kind, hit.by !== hit.title && hit.by !== hit.kind && hit.by].filter(Boolean);
      if (more.length) {
        const note = document.createElement('span');
        note.className = 'note';
        note.textContent = ` ${more.join(' · ')}`;
        item.append(note);
      }
      return item;
    }));
    const texts = said.dataset;
    said.textContent = !query ? '' : hits.length === 1 ? texts.one
      : hits.length ? texts.many.replace('{}', hits.length) : texts.none;
    try {
      history.replaceState(null, '', query ? `?q=${encodeURIComponent(query)}` : location.pathname);
    } catch { /* some browsers keep the address of a file as it is */ }
  }

  let waiting;
  field.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 200);
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    clearTimeout(waiting);
    show();
  });
  form.hidden = false;
  field.value = new URLSearchParams(location.search).get('q') ?? '';
  show();
})();
