//! What opens over the figure: sharing this moment, and the list of keys.

use sim_core::share::{self, Link};
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use super::page;
use super::runfile;
use crate::session::Session;

/// Which dialog is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialog {
    /// Sharing.
    Share,
    /// The keys.
    Help,
}

/// What [`Dialogs`] is given.
#[derive(Properties, PartialEq)]
pub struct DialogsProps {
    /// Begins every id in it.
    pub id: AttrValue,
    /// Which.
    pub open: Dialog,
    /// What is looked at.
    pub session: Session,
    /// It was closed.
    pub close: Callback<()>,
}

/// The open dialog. The browser keeps the focus inside and gives it back; Escape closes.
#[component]
pub fn Dialogs(props: &DialogsProps) -> Html {
    let dialog = use_node_ref();
    {
        let dialog = dialog.clone();
        use_effect_with((), move |()| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                // Where it is refused it still stands in the page.
                let _ = dialog.show_modal();
            }
        });
    }
    let onclose = props.close.reform(|_: Event| ());
    let onclick = {
        let dialog = dialog.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    let title = match props.open {
        Dialog::Share => "Share this moment",
        Dialog::Help => "Keys",
    };
    let label = format!("{}-dialog", props.id);
    html! {
        <dialog ref={dialog} aria-labelledby={label.clone()} {onclose}
            onkeydown={|event: KeyboardEvent| event.stop_propagation()}>
            <div class="dialog-head">
                <h3 id={label}>{ title }</h3>
                <button type="button" class="close" aria-label="Close" {onclick}>{ "×" }</button>
            </div>
            { match props.open {
                Dialog::Share => html! { <Sharing id={props.id.clone()} session={props.session.clone()} /> },
                Dialog::Help => keys(),
            } }
        </dialog>
    }
}

fn keys() -> Html {
    let rows = [
        ("Space", "play or pause"),
        ("← →", "a step back, a step"),
        ("Shift + ← →", "ten steps"),
        ("Home, End", "to the beginning, to the end"),
        ("R", "reset: back to how it was opened"),
        (
            "Tab, Enter",
            "go to a node, a person, a line or a letter, and open its menu",
        ),
        ("Esc", "close a menu"),
        ("?", "this list"),
    ];
    let rows = rows
        .into_iter()
        .map(|(key, what)| html! { <><dt>{ key }</dt><dd>{ what }</dd></> });
    html! {
        <>
            <p>{ "They count while the figure has the focus." }</p>
            <dl class="keys">{ for rows }</dl>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct SharingProps {
    id: AttrValue,
    session: Session,
}

/// The link, the snippet and the file.
#[component]
fn Sharing(props: &SharingProps) -> Html {
    let link = props.session.link();
    let fragment = match share::encode(&link) {
        Ok(fragment) => fragment,
        Err(why) => {
            let words = why.to_string();
            return html! {
                <>
                    <p>{ words }</p>
                    { file_button(&link) }
                </>
            };
        }
    };
    let address = page::address(&fragment);
    let snippet = snippet(&page::embed_address(&fragment), &link.run.scenario.title);
    html! {
        <>
            <Copied id={format!("{}-link", props.id)} label="Link to this moment" text={address} />
            <Copied id={format!("{}-frame", props.id)} label="To put this figure into a page of yours" text={snippet} />
            <p class="dialog-note">{ "Whoever opens it sees this run at this moment, and can go on from there." }</p>
            { file_button(&link) }
        </>
    }
}

/// The figure in a frame. Without `allow-same-origin` plain hosts refuse the module.
fn snippet(address: &str, title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<iframe src=\"{address}\" title=\"{title}\" width=\"100%\" height=\"640\" \
         sandbox=\"allow-scripts allow-same-origin\" loading=\"lazy\"></iframe>"
    )
}

fn file_button(link: &Link) -> Html {
    let link = link.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        if let Ok(text) = runfile::write(&link) {
            page::download("netsplit-run.toml", &text);
        }
    });
    html! {
        <button type="button" class="ghost" {onclick}>{ "Save the run as a file" }</button>
    }
}

#[derive(Properties, PartialEq)]
struct CopiedProps {
    id: String,
    label: AttrValue,
    text: String,
}

/// A text to copy, with a button that does it.
#[component]
fn Copied(props: &CopiedProps) -> Html {
    let (field, done) = (use_node_ref(), use_state(|| false));
    let onclick = {
        let (field, done, text) = (field.clone(), done.clone(), props.text.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                field.select();
            }
            page::copy(&text);
            done.set(true);
        })
    };
    html! {
        <div class="copied">
            <label for={props.id.clone()}>{ props.label.clone() }</label>
            <div>
                <input ref={field} id={props.id.clone()} type="text" readonly=true value={props.text.clone()} />
                <button type="button" class="ghost" {onclick}>{ if *done { "Copied" } else { "Copy" } }</button>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snippet_names_its_sandbox_and_keeps_the_moment() {
        let snippet = snippet("https://example.org/embed/#AbC", "Two \"banks\"");
        assert!(snippet.contains("src=\"https://example.org/embed/#AbC\""));
        assert!(snippet.contains("sandbox=\"allow-scripts allow-same-origin\""));
        assert!(snippet.contains("title=\"Two &quot;banks&quot;\""));
    }
}
