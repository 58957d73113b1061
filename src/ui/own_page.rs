//! What a user interface has to do with a page of our own beside the element: its title, and its other tabs.

use visavis_core::RoomView;
use web_sys::HtmlElement;

use super::UiOptions;
use super::second_tab::SecondTab;
use super::title::Title;

/// The page around the element.
pub(super) struct OwnPage {
    title: Title,
    /// Where the browser has what it takes.
    second_tab: Option<SecondTab>,
}

impl OwnPage {
    /// The page that `frame` is in.
    #[inline(never)]
    pub(super) fn new(frame: &HtmlElement) -> Self {
        Self { title: Title::new(), second_tab: SecondTab::new(frame).ok() }
    }

    /// Shows the state of things.
    #[inline(never)]
    pub(super) fn render(&self, view: &RoomView, options: &UiOptions) {
        if let Some(second_tab) = &self.second_tab {
            second_tab.render(view, view.fallback && options.server.choice.is_none());
        }
        self.title.render(view, &options.room);
    }
}
