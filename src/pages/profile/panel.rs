//! A section of the profile with one form.

use leptos::prelude::*;

use crate::domain::FormName;

/// What the form is for on one side, the form on the other.
#[component]
pub fn Panel(
    /// The form; it names the section's heading.
    form: FormName,
    /// The heading.
    title: &'static str,
    /// What to know before using it.
    lead: &'static str,
    /// Its look.
    #[prop(default = "panel")]
    class: &'static str,
    /// The form's island.
    children: Children,
) -> impl IntoView {
    let heading = format!("{}-heading", form.as_str());
    let labelled_by = heading.clone();
    view! {
        <section class=class aria-labelledby=labelled_by>
            <div class="panel-about">
                <h2 id=heading>{title}</h2>
                <p>{lead}</p>
            </div>
            {children()}
        </section>
    }
}
