/// How the pages of the sign-in look: one column, the browser's own fonts, light or dark as the reader has it.
enum Stylesheet {
    static let text = """
        :root { --ink: #16202c; --soft: #51606f; --line: #8794a3; --paper: #ffffff; --ground: #eef1f5; --accent: #3538cd; --on-accent: #ffffff; --wrong: #b42318; --wrong-ground: #fef3f2; }
        @media (prefers-color-scheme: dark) {
        :root { --ink: #eef1f5; --soft: #b3bfcc; --line: #76869a; --paper: #1a222d; --ground: #10161e; --accent: #a4b4ff; --on-accent: #10161e; --wrong: #ff9c92; --wrong-ground: #33191a; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; min-height: 100vh; padding: 2rem 1rem; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 1.25rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Inter", sans-serif; overflow-wrap: anywhere; }
        .brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; font-size: 1.15rem; letter-spacing: -.01em; }
        .mark { width: 1.5rem; height: 1.5rem; border-radius: .45rem; background: linear-gradient(135deg, #6172f3, #3538cd); position: relative; }
        .mark::after { content: ""; position: absolute; inset: .4rem .68rem; border-radius: 1rem; background: #fff; box-shadow: -.3rem .12rem 0 -.02rem #fff, .3rem .12rem 0 -.02rem #fff; }
        .card { width: 100%; max-width: 27rem; background: var(--paper); border-radius: 1rem; padding: 2rem; box-shadow: 0 1px 2px rgb(16 24 40 / .08), 0 8px 24px rgb(16 24 40 / .08); }
        .card > :last-child { margin-bottom: 0; }
        h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em; }
        h2 { margin: 0 0 .25rem; font-size: 1rem; }
        p { margin: 0 0 1rem; }
        .lead { color: var(--soft); margin-bottom: 1.5rem; }
        .lead strong { color: var(--ink); }
        .note { color: var(--soft); font-size: .9rem; }
        .note strong { color: var(--ink); }
        .field { margin-bottom: 1.25rem; }
        label { display: block; font-weight: 600; font-size: .9rem; margin-bottom: .35rem; }
        input[type=email], input[type=password] { width: 100%; padding: .65rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .55rem; }
        input[aria-invalid] { border-color: var(--wrong); border-width: 2px; }
        .actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin-top: 1.75rem; }
        button, .button { font: inherit; font-weight: 600; padding: .65rem 1.15rem; min-height: 2.75rem; border-radius: .55rem; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; text-decoration: none; display: inline-block; }
        .primary, .button { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
        button:hover, .button:hover { filter: brightness(1.08); }
        .quiet { padding: .65rem .5rem; }
        .link { border: 0; padding: 0; min-height: 1.5rem; font-weight: 400; color: var(--accent); text-decoration: underline; }
        a { color: var(--accent); }
        .button { color: var(--on-accent); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .summary { border: 2px solid var(--wrong); border-radius: .55rem; background: var(--wrong-ground); padding: .9rem 1rem; margin-bottom: 1.5rem; }
        .summary ul { margin: 0; padding: 0; list-style: none; }
        .summary a, .error { color: var(--wrong); }
        .error { margin: 0 0 .35rem; font-size: .9rem; font-weight: 600; }
        .scopes { margin: 0 0 1.25rem; padding: 0; list-style: none; border: 1px solid color-mix(in srgb, var(--line) 45%, transparent); border-radius: .55rem; }
        .scopes li { padding: .7rem .9rem; }
        .scopes li + li { border-top: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
        .scopes code { display: block; color: var(--soft); font-size: .8rem; }
        code { font-family: ui-monospace, "SF Mono", Menlo, monospace; font-size: .875em; }
        .programs { margin: 0; padding: 0; list-style: none; }
        .programs > li { padding: 1.25rem 0; border-top: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
        .programs .note { margin-bottom: .75rem; }
        .done { border: 1px solid var(--line); border-left: .3rem solid var(--accent); border-radius: .55rem; padding: .7rem .9rem; }
        .only-heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .account { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid color-mix(in srgb, var(--line) 45%, transparent); font-size: .9rem; color: var(--soft); }
        .account p { margin: 0; }
        @media (max-width: 30rem) {
        body { padding: 1.25rem .75rem; justify-content: flex-start; }
        .card { padding: 1.5rem 1.25rem; }
        .programs button { width: 100%; }
        .actions button, .actions .quiet { flex: 1 1 100%; text-align: center; }
        }

        """
}
