//! Brings WASM to the page.
//!
//! Our own instead of Leptos' `HydrationScripts`, which puts the nonce into `crossorigin` (PLATFORM.md), waits for the style
//! sheet and knows nested islands, which we do not have. There are no preload links either: a browser without scripts would
//! fetch 100 kB for nothing, and complain of it. An `async` module starts as early as they would.
//!
//! Where WebAssembly is switched off (Lockdown Mode, Edge's enhanced security) or does not arrive, the page stays plain HTML,
//! and the style sheet learns of it by the class `plain`.

use leptos::nonce::use_nonce;
use leptos::prelude::*;

use crate::domain::SiteLinks;

/// The script that starts the islands.
#[component]
pub fn Scripts(
    /// Where the files are.
    links: SiteLinks,
) -> impl IntoView {
    let SiteLinks { script: js, wasm, .. } = links;
    // Naming `WebAssembly` throws where there is none, before anything is fetched.
    let script = format!(
        r#"
try {{
  WebAssembly;
  const [house, wasm] = await Promise.all([import("{js}"), fetch("{wasm}")]);
  await house.default({{ module_or_path: wasm }});
  if (document.readyState === "loading") await new Promise((go) => addEventListener("DOMContentLoaded", go));
  house.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) house[island.dataset.component](island);
}} catch {{
  document.documentElement.classList.add("plain");
}}
"#
    );
    view! {
        <script type="module" r#async nonce=use_nonce()>
            {script}
        </script>
    }
}
