//! The stage's plain data as living nodes.

use std::borrow::Cow;

use figure::Element;
use yew::AttrValue;
use yew::virtual_dom::{VList, VNode, VTag, VText};

/// The element and all that is in it.
pub fn node(element: &Element) -> VNode {
    let mut tag = VTag::new(element.tag);
    for (name, text) in &element.attributes {
        let value = match text {
            Cow::Borrowed(text) => AttrValue::Static(text),
            Cow::Owned(text) => AttrValue::from(text.clone()),
        };
        tag.add_attribute(name, value);
    }
    if !element.key.is_empty() {
        tag.key = Some(element.key.as_str().into());
    }
    if !element.text.is_empty() {
        tag.add_child(VText::new(element.text.clone()).into());
    }
    if !element.children.is_empty() {
        let mut list = VList::new();
        list.add_children(element.children.iter().map(node));
        tag.add_child(list.into());
    }
    tag.into()
}
