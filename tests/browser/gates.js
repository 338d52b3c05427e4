// What the gates look for on a page. Each function gives the problems it finds, as text.
window.gates = (() => {
  const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const plain = text => text.replace(/[\u00ad\u200b\u2068\u2069]/g, '').replace(/\s+/g, ' ').trim();
  const named = e => `<${e.tagName.toLowerCase()}> ${plain(e.textContent).slice(0, 60)}`;
  const isShown = e => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  const isStop = e => e.tabIndex >= 0 && !e.disabled && isShown(e);
  const rect = e => e.getBoundingClientRect();
  const href = a => a.getAttribute('href') ?? a.getAttribute('xlink:href');

  // Texts of the page in order, each with the element it is in.
  function texts(within) {
    const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const text = plain(walker.currentNode.data);
      if (text && !walker.currentNode.parentElement.closest('script, style, noscript, template'))
        found.push([text, walker.currentNode.parentElement]);
    }
    return found;
  }

  return {
    // Open what is folded, so that it is looked at, too; of many alike the last speaks for all.
    open() {
      all('details').forEach((d, i, list) => {
        d.open = list.length < 5 || !list[i + 1] || list[i + 1].previousElementSibling !== d;
      });
    },

    sideways: width =>
      document.documentElement.scrollWidth <= width ? [] :
        [`${document.documentElement.scrollWidth} px wide`,
         ...all('body *').filter(e => rect(e).right > width + 1 && isShown(e)
            && !e.parentElement.closest('.scroll, .hidden, caption')).slice(0, 5).map(named)],

    stops() {
      const stops = all(FOCUSABLE).filter(isStop);
      const before = stops.findIndex(e => e.closest('main'));
      const wrong = [];
      if (!(stops[0]?.matches('a[href^="#"]') && document.querySelector(stops[0].hash)))
        wrong.push('the first stop is no skip link');
      if ((before < 0 ? stops.length : before) >= 30) wrong.push(`${before} stops before main`);
      return wrong;
    },

    // A figure that a screen reader passes over has links that a table has, too, and no stops.
    figures() {
      const tabled = new Set(all('main table a, main dl a, main ol a, main ul a')
        .filter(a => !a.closest('[aria-hidden=true]')).map(href));
      const wrong = [];
      for (const figure of all('main [aria-hidden=true]')) {
        for (const stop of all(FOCUSABLE, figure))
          if (stop.tabIndex >= 0) wrong.push(`a stop in a hidden figure: ${named(stop)}`);
        for (const link of all('a', figure))
          if (!tabled.has(href(link))) wrong.push(`in the figure alone: ${href(link)}`);
      }
      for (const svg of all('main svg')) {
        if (svg.closest('[aria-hidden=true]') || svg.parentElement.closest('svg')) continue;
        const label = svg.getAttribute('aria-label')
          || (svg.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean)
            .map(id => document.getElementById(id)?.textContent).join('')
          || svg.querySelector(':scope > title')?.textContent;
        if (svg.getAttribute('role') !== 'img' || !label?.trim())
          wrong.push('a figure without role and name');
        if (svg.querySelector('a')) wrong.push('a figure with links that is not hidden');
      }
      return wrong;
    },

    // Texts of a drawing neither leave it nor lie over each other; marks stay in their cells.
    drawn() {
      const wrong = all('main :is(td, th) :is(.chip, .letter, .tag, .inferred, .verdict)').filter(isShown)
        .filter(e => rect(e).right > rect(e.closest('td, th')).right + 1).map(e => `out of its cell: ${named(e)}`);
      for (const svg of all('main svg').filter(isShown)) {
        const frame = rect(svg);
        const boxes = all('text', svg).filter(t => plain(t.textContent)).map(t => [t, rect(t)])
          .filter(([, r]) => r.width && r.height);
        boxes.forEach(([text, a], i) => {
          if (a.left < frame.left - 1 || a.right > frame.right + 1
              || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
            wrong.push(`cut: ${plain(text.textContent)}`);
          for (const [other, b] of boxes.slice(i + 1))
            if (a.left < b.right - 1 && b.left < a.right - 1
                && a.top < b.bottom - 3 && b.top < a.bottom - 3)
              wrong.push(`${plain(text.textContent)} lies over ${plain(other.textContent)}`);
        });
      }
      return wrong;
    },

    structure() {
      const levels = all('h1, h2, h3, h4, h5, h6').map(h => Number(h.tagName[1]));
      const wrong = levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1)
        .map(level => `a heading of level ${level} skips one`);
      if (levels.filter(level => level === 1).length !== 1) wrong.push('not one first heading');
      for (const table of all('main table'))
        if (!table.caption) wrong.push(`a table without caption: ${named(table)}`);
      return wrong;
    },

    // `foreign`: names in Finnish that are called something else, or nothing, in this language.
    languages(foreign) {
      const strange = new Set(foreign);
      const own = document.documentElement.lang;
      return texts(document.body)
        .filter(([text, e]) => strange.has(text) && e.closest('[lang]').lang === own)
        .map(([text]) => text);
    },

    motion: () => all('*').flatMap(e => {
      const style = getComputedStyle(e);
      const lasting = [...style.transitionDuration.split(','), ...style.animationDuration.split(',')]
        .some(duration => parseFloat(duration) > 0.01);
      return lasting || style.scrollBehavior === 'smooth' ? [named(e)] : [];
    }),

    // Where the device forces its colours, what is drawn is in them, and no shape is lost.
    unforced() {
      const probe = document.body.appendChild(document.createElement('i'));
      const rgb = colour => { probe.style.cssText = `forced-color-adjust: none; color: ${colour}`; return getComputedStyle(probe).color; };
      const ground = rgb('Canvas'), ink = ['CanvasText', 'LinkText', 'GrayText'].map(rgb);
      probe.remove();
      const wrong = all('main svg text').filter(e => !ink.includes(getComputedStyle(e).fill)).map(named);
      for (const e of all('main svg :is(rect, path, circle, line)')) {
        const { fill, stroke } = getComputedStyle(e);
        const used = [fill, stroke].filter(colour => colour !== 'none');
        const filled = e.matches('line') ? [stroke] : used;
        if (!filled.some(colour => ink.includes(colour)) || filled.some(colour => colour !== ground && !ink.includes(colour)))
          wrong.push(`<${e.tagName} class=${e.getAttribute('class')}> ${fill} ${stroke}`);
      }
      for (const e of all('main .bar'))
        if (!ink.includes(getComputedStyle(e).backgroundColor)) wrong.push('a bar is not seen');
      return wrong.slice(0, 10);
    },

    shown: () => texts(document.querySelector('main'))
      .filter(([, e]) => isShown(e) && !e.closest('[hidden]')).map(([text]) => text),

    // What of the page is to be read on paper but is not, nor stands elsewhere on it.
    // A page of one sheet leaves things out, and says where they are.
    unprinted() {
      if (document.body.matches('.compact'))
        return all('.on-paper').some(isShown) ? [] : ['nothing says where the rest is'];
      const found = texts(document.querySelector('main'));
      const printed = found.filter(([, e]) => isShown(e)).map(([text]) => text).join(' ');
      return found.filter(([text, e]) => !isShown(e) && !printed.includes(text)
        && !e.closest('nav, form, button, [hidden], .wide-only, .narrow-only, .below-mid, .no-print, svg title, svg desc')).map(([text]) => text);
    },

    navigation: () => all('nav, .skip').filter(isShown).map(named),

    // The elements that keys must reach: one that is in view has the focus drawn around it.
    unfocused() {
      const e = document.activeElement;
      if (!e || e === document.body) return [];
      const style = getComputedStyle(e);
      const isDrawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      return isDrawn || e === document.querySelector('main') ? [] : [named(e)];
    },

    where() {
      const stops = all(FOCUSABLE).filter(isStop);
      return [stops.indexOf(document.activeElement), stops.length];
    },
  };
})();
