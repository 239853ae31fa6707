//! Brings WASM to the page.
//!
//! Leptos' own `HydrationScripts` puts the nonce into `crossorigin` (PLATFORM.md) and knows nested islands, which we do not
//! have. Where WebAssembly is switched off (Lockdown Mode, Edge's enhanced security) nothing happens: the forms work without.

use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;

/// The links and the script that start the islands.
#[component]
pub fn Scripts(
    /// Where cargo-leptos puts the files.
    options: LeptosOptions,
) -> impl IntoView {
    let file = |extension| {
        format!(
            "/{}/{}.{extension}",
            options.site_pkg_dir, options.output_name
        )
    };
    let (js, wasm) = (file("js"), file("wasm"));
    let script = format!(
        r#"
try {{
  const house = await import("{js}");
  await house.default({{ module_or_path: "{wasm}" }});
  house.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) house[island.dataset.component](island);
}} catch {{
  document.documentElement.classList.add("plain");
}}
"#
    );
    view! {
        <link rel="modulepreload" href=js/>
        <link rel="preload" r#as="fetch" r#type="application/wasm" crossorigin="anonymous" href=wasm/>
        <script type="module" nonce=use_nonce()>
            {script}
        </script>
    }
}
