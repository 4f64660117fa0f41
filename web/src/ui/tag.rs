//! Elements, built call by call.

use std::cell::RefCell;
use std::rc::Rc;

use figure::element::joined;
pub use figure::element::when;
use web_sys::{Element, Event};
use yew::NodeRef;
use yew::virtual_dom::{
    AttrValue, AttributeOrProperty, Attributes, Key, Listener, ListenerKind, Listeners, VList,
    VNode, VTag, VText,
};

use crate::registry::Room;
use crate::session::Msg;

/// What a view gives back.
pub type Html = VNode;

/// A list of attribute names that many elements share. Two drawings of one element have the same shape, so that only
/// their values are compared.
#[derive(Default)]
struct Shape {
    names: &'static [&'static str],
    /// The shapes with one name more.
    next: RefCell<Vec<&'static Shape>>,
}

thread_local! {
    static BARE: &'static Shape = Box::leak(Box::default());
}

impl Shape {
    /// The shape with one name more. There are as many shapes as views have ways to write an element down, so they are
    /// kept for good.
    fn with(&'static self, name: &'static str) -> &'static Self {
        let known = self
            .next
            .borrow()
            .iter()
            .find(|next| next.names.last().is_some_and(|last| *last == name))
            .copied();
        known.unwrap_or_else(|| {
            let mut names = self.names.to_vec();
            names.push(name);
            let next: &'static Self = Box::leak(Box::new(Self {
                names: names.leak(),
                next: RefCell::default(),
            }));
            self.next.borrow_mut().push(next);
            next
        })
    }
}

/// Something of the page as it was written, which stays.
pub fn standing(element: Option<&Element>) -> Html {
    element.map_or_else(Html::default, |element| Html::VRef(element.clone().into()))
}

/// What the page listens to. Yew knows a hundred kinds; to tell these apart costs less.
#[derive(Clone, Copy)]
pub enum On {
    /// A click, or a tap.
    Click,
    /// A key goes down.
    KeyDown,
    /// Something is typed or moved.
    Input,
    /// That is over.
    Change,
    /// A list is scrolled.
    Scroll,
    /// A dialog is closed.
    Close,
}

/// A listener for one kind of event.
struct Hears {
    on: On,
    heard: Box<dyn Fn(Event)>,
}

impl Listener for Hears {
    fn kind(&self) -> ListenerKind {
        match self.on {
            On::Click => ListenerKind::onclick,
            On::KeyDown => ListenerKind::onkeydown,
            On::Input => ListenerKind::oninput,
            On::Change => ListenerKind::onchange,
            On::Scroll => ListenerKind::onscroll,
            On::Close => ListenerKind::onclose,
        }
    }

    fn handle(&self, event: Event) {
        (self.heard)(event);
    }

    fn passive(&self) -> bool {
        false
    }
}

/// A click that does something to a figure: most clicks do no more.
struct Sends {
    room: Rc<Room>,
    msg: Msg,
}

impl Listener for Sends {
    fn kind(&self) -> ListenerKind {
        ListenerKind::onclick
    }

    fn handle(&self, _: Event) {
        self.room.send(self.msg.clone());
    }

    fn passive(&self) -> bool {
        false
    }
}

/// An element on its way to be drawn. The methods are called in hundreds of places and so are kept whole: each call
/// stays small.
pub struct Tag(Box<Making>);

struct Making {
    name: &'static str,
    shape: &'static Shape,
    values: Vec<Option<AttributeOrProperty>>,
    listeners: Vec<Option<Rc<dyn Listener>>>,
    children: Vec<VNode>,
    key: Option<Key>,
    place: NodeRef,
    value: Option<AttrValue>,
    checked: Option<bool>,
}

/// Begins an element.
#[inline(never)]
pub fn tag(name: &'static str) -> Tag {
    Tag(Box::new(Making {
        name,
        shape: BARE.with(|bare| *bare),
        values: Vec::new(),
        listeners: Vec::new(),
        children: Vec::new(),
        key: None,
        place: NodeRef::default(),
        value: None,
        checked: None,
    }))
}

/// A `div` of a class.
#[inline(never)]
pub fn div(class: &'static str) -> Tag {
    tag("div").class(class)
}

/// A `span` of a class.
#[inline(never)]
pub fn span(class: &'static str) -> Tag {
    tag("span").class(class)
}

/// A paragraph of a class.
#[inline(never)]
pub fn p(class: &'static str) -> Tag {
    tag("p").class(class)
}

/// A button of a class.
#[inline(never)]
pub fn button(class: &'static str) -> Tag {
    tag("button").is("type", "button").class(class)
}

/// A button whose name does not stand on it.
#[inline(never)]
pub fn named(class: &'static str, name: &'static str) -> Tag {
    button(class).is("aria-label", name).is("title", name)
}

/// A drawing of sixteen by sixteen that says nothing by itself.
#[inline(never)]
pub fn icon(path: &'static str) -> Tag {
    tag("svg")
        .is("viewBox", "0 0 16 16")
        .is("aria-hidden", "true")
        .child(tag("path").is("d", path))
}

/// A button that moves what one looks at, or shows it larger or smaller.
pub fn looking(class: &'static str, name: &'static str, path: &'static str) -> Tag {
    named(class, name).child(icon(path).is("width", "16").is("height", "16"))
}

/// Elements one after the other, without one around them.
#[inline(never)]
pub fn list(tags: Vec<Tag>) -> Html {
    let children: Vec<VNode> = tags.into_iter().map(Tag::done).collect();
    VList::with_children(children, None).into()
}

impl Tag {
    /// With an attribute. No name twice.
    #[inline(never)]
    pub fn is(self, name: &'static str, value: &'static str) -> Self {
        self.put(name, AttributeOrProperty::Static(value))
    }

    /// With an attribute that was made up just now.
    #[inline(never)]
    pub fn has(self, name: &'static str, value: String) -> Self {
        self.put(name, AttributeOrProperty::Attribute(value.into()))
    }

    /// With a number for an attribute.
    #[inline(never)]
    pub fn at(self, name: &'static str, value: i32) -> Self {
        self.has(name, value.to_string())
    }

    /// With an attribute that says `true` or `false`.
    #[inline(never)]
    pub fn state(self, name: &'static str, value: bool) -> Self {
        self.is(name, if value { "true" } else { "false" })
    }

    /// With an attribute that is there or not, such as `disabled`.
    #[inline(never)]
    pub fn flag(self, name: &'static str, there: bool) -> Self {
        if there { self.is(name, "") } else { self }
    }

    /// With a class; none where it is empty.
    #[inline(never)]
    pub fn class(self, class: &'static str) -> Self {
        if class.is_empty() {
            return self;
        }
        self.is("class", class)
    }

    /// With those of the classes that are not empty.
    #[inline(never)]
    pub fn classes(self, classes: &[&'static str]) -> Self {
        self.has("class", joined(classes))
    }

    fn put(mut self, name: &'static str, value: AttributeOrProperty) -> Self {
        debug_assert!(!self.0.shape.names.contains(&name), "{name} twice");
        self.0.shape = self.0.shape.with(name);
        self.0.values.push(Some(value));
        self
    }

    /// With what a field holds, which is not the attribute of that name.
    #[inline(never)]
    pub fn holds(mut self, value: String) -> Self {
        self.0.value = Some(value.into());
        self
    }

    /// Ticked or not.
    #[inline(never)]
    pub fn ticked(mut self, ticked: bool) -> Self {
        self.0.checked = Some(ticked);
        self
    }

    /// With a key, which tells it from its siblings when they change places.
    #[inline(never)]
    pub fn key(mut self, key: &str) -> Self {
        self.0.key = Some(key.into());
        self
    }

    /// Whoever holds `place` finds the element there once it is drawn.
    #[inline(never)]
    pub fn found_by(mut self, place: &NodeRef) -> Self {
        self.0.place = place.clone();
        self
    }

    /// With a text in it.
    #[inline(never)]
    pub fn text(self, text: &'static str) -> Self {
        self.node(VText::new(AttrValue::Static(text)).into())
    }

    /// With a text in it that was made up just now.
    #[inline(never)]
    pub fn says(self, text: String) -> Self {
        self.node(VText::new(text).into())
    }

    /// With another element in it.
    #[inline(never)]
    pub fn child(self, child: Self) -> Self {
        self.node(child.done())
    }

    /// With another element in it, if there is one.
    #[inline(never)]
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            // A place is kept for it, so that its siblings are not taken for one another when it comes.
            None => self.node(VNode::default()),
        }
    }

    /// With a view in it.
    #[inline(never)]
    pub fn node(mut self, node: Html) -> Self {
        self.0.children.push(node);
        self
    }

    /// With each of these in it; a place of their own is kept for them.
    #[inline(never)]
    pub fn each(self, tags: Vec<Self>) -> Self {
        self.node(list(tags))
    }

    /// With something that happens on an event.
    pub fn on(self, on: On, heard: impl Fn(Event) + 'static) -> Self {
        self.hears(on, Box::new(heard))
    }

    #[inline(never)]
    fn hears(self, on: On, heard: Box<dyn Fn(Event)>) -> Self {
        self.listens(Rc::new(Hears { on, heard }))
    }

    /// With something that happens on a click.
    pub fn clicked(self, heard: impl Fn() + 'static) -> Self {
        self.on(On::Click, move |_| heard())
    }

    /// With a click that does this to the figure.
    #[inline(never)]
    pub fn sends(self, room: &Rc<Room>, msg: Msg) -> Self {
        self.listens(Rc::new(Sends {
            room: Rc::clone(room),
            msg,
        }))
    }

    #[inline(never)]
    fn listens(mut self, listener: Rc<dyn Listener>) -> Self {
        self.0.listeners.push(Some(listener));
        self
    }

    /// Finished.
    #[inline(never)]
    pub fn done(self) -> Html {
        let made = *self.0;
        let attributes = Attributes::Dynamic {
            keys: made.shape.names,
            values: made.values.into(),
        };
        let listeners = if made.listeners.is_empty() {
            Listeners::None
        } else {
            Listeners::Pending(made.listeners.into())
        };
        // These two are what Yew's own macro calls. An `input` is an element of its own kind there.
        if made.name == "input" {
            let (value, checked) = (made.value, made.checked);
            return VTag::__new_input(value, checked, made.place, made.key, attributes, listeners)
                .into();
        }
        let name = AttrValue::Static(made.name);
        let children = match made.children.len() {
            0 => VNode::default(),
            _ => VList::with_children(made.children, None).into(),
        };
        VTag::__new_other(name, made.place, made.key, attributes, listeners, children).into()
    }
}

/// Plain data of a figure becomes a living element.
impl From<&figure::Element> for Tag {
    fn from(element: &figure::Element) -> Self {
        let mut made = tag(element.tag);
        for (name, text) in &element.attributes {
            made = match text {
                std::borrow::Cow::Borrowed(text) => made.is(name, text),
                std::borrow::Cow::Owned(text) => made.has(name, text.clone()),
            };
        }
        if !element.key.is_empty() {
            made = made.key(&element.key);
        }
        if !element.text.is_empty() {
            made = made.says(element.text.clone());
        }
        for child in &element.children {
            made = made.child(Self::from(child));
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_drawings_of_one_element_have_one_shape() {
        let drawn = |x: i32| tag("rect").is("class", "a").at("x", x).done();
        let (VNode::VTag(one), VNode::VTag(other)) = (drawn(1), drawn(2)) else {
            panic!("both are elements");
        };
        let names = |tag: &VTag| match &tag.attributes {
            Attributes::Dynamic { keys, .. } => *keys,
            _ => panic!("attributes of a shape"),
        };
        assert_eq!(names(&one), ["class", "x"]);
        assert!(std::ptr::eq(names(&one), names(&other)));
        assert_ne!(one, other);
        assert_eq!(drawn(3), drawn(3));
    }

    #[test]
    fn what_is_empty_or_absent_leaves_no_attribute() {
        let bare = tag("p").class("").flag("disabled", false).done();
        assert_eq!(bare, tag("p").done());
        let classes = tag("p").classes(&["a", when(false, "b"), when(true, "c")]);
        assert_eq!(
            classes.done(),
            tag("p").has("class", "a c".to_owned()).done()
        );
    }
}
