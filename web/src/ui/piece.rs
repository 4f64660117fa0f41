//! Pieces of a page: what keeps something of its own between two drawings, or is drawn at other times than what is
//! around it.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Element;
use yew::html::Scope;
use yew::virtual_dom::{Key, VComp};
use yew::{Component, Context, Properties};

use super::Html;

/// A piece of a page. It lives from its first drawing until nobody draws it any more.
pub trait Piece: Sized + 'static {
    /// What whoever puts it there says. It is drawn anew when that changes.
    type Given: PartialEq + 'static;

    /// Begins. What it keeps is behind cells; what it holds of the page is let go when it is dropped.
    fn begin(given: &Self::Given, again: Again) -> Self;

    /// What it looks like now.
    fn draw(self: &Rc<Self>, given: &Self::Given) -> Html;

    /// What is left to do once that stands in the page.
    fn drawn(self: &Rc<Self>, given: &Self::Given, first: bool) {
        let _ = (given, first);
    }
}

/// What is said to a piece once, where it is mounted, and never again.
pub struct Once<T>(pub T);

impl<T> PartialEq for Once<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Has a piece drawn again.
#[derive(Clone)]
pub struct Again(Scope<Part>);

impl Again {
    /// Draws it again, soon.
    pub fn now(&self) {
        self.0.send_message(());
    }

    /// Keeps a value, and draws again if it is another one.
    pub fn keep<T: PartialEq>(&self, cell: &RefCell<T>, value: T) {
        if *cell.borrow() != value {
            cell.replace(value);
            self.now();
        }
    }
}

/// Something to do. It is equal to itself alone.
#[derive(Clone)]
pub struct Does(Rc<dyn Fn()>);

impl Does {
    /// This.
    pub fn this(what: impl Fn() + 'static) -> Self {
        Self(Rc::new(what))
    }

    /// Does it.
    pub fn now(&self) {
        (self.0)();
    }
}

impl PartialEq for Does {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Rc::as_ptr(&self.0), Rc::as_ptr(&other.0))
    }
}

/// A living piece of whatever kind.
trait Living {
    fn draw(&self, given: &dyn Any) -> Html;
    fn drawn(&self, given: &dyn Any, first: bool);
}

struct Life<P>(Rc<P>);

impl<P: Piece> Living for Life<P> {
    fn draw(&self, given: &dyn Any) -> Html {
        given
            .downcast_ref()
            .map_or_else(Html::default, |given| self.0.draw(given))
    }

    fn drawn(&self, given: &dyn Any, first: bool) {
        if let Some(given) = given.downcast_ref() {
            self.0.drawn(given, first);
        }
    }
}

/// What was said to a piece of whatever kind.
trait Telling {
    fn begin(&self, again: Again) -> Box<dyn Living>;
    fn is(&self, other: &dyn Any) -> bool;
    fn any(&self) -> &dyn Any;
}

struct Told<P: Piece>(P::Given);

impl<P: Piece> Telling for Told<P> {
    fn begin(&self, again: Again) -> Box<dyn Living> {
        Box::new(Life(Rc::new(P::begin(&self.0, again))))
    }

    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<P::Given>() == Some(&self.0)
    }

    fn any(&self) -> &dyn Any {
        &self.0
    }
}

/// What [`Part`] is given: a piece, and what is said to it.
#[derive(Clone, Properties)]
pub struct Said {
    told: Rc<dyn Telling>,
}

impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        self.told.is(other.told.any())
    }
}

/// The page's one component.
pub struct Part {
    living: Box<dyn Living>,
}

impl Component for Part {
    type Message = ();
    type Properties = Said;

    fn create(context: &Context<Self>) -> Self {
        let again = Again(context.link().clone());
        Self {
            living: context.props().told.begin(again),
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        self.living.draw(context.props().told.any())
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        self.living.drawn(context.props().told.any(), first);
    }
}

/// A piece at this place. What stands beside pieces of other kinds at the same place in turn needs a `key`.
pub fn part<P: Piece>(key: &'static str, given: P::Given) -> Html {
    placed(key, Rc::new(Told::<P>(given)))
}

#[inline(never)]
fn placed(key: &'static str, told: Rc<dyn Telling>) -> Html {
    let key = (!key.is_empty()).then(|| Key::from(key));
    VComp::new::<Part>(Rc::new(Said { told }), key).into()
}

/// A piece in an element of the page.
pub fn mount<P: Piece>(place: Element, given: P::Given) {
    rooted(place, Rc::new(Told::<P>(given)));
}

#[inline(never)]
fn rooted(place: Element, told: Rc<dyn Telling>) {
    yew::Renderer::<Part>::with_root_and_props(place, Said { told }).render();
}
