//! Text of the lines in the language of the view.

use super::Lines;
use crate::ui::layout;

impl Lines<'_> {
    pub(super) fn say(&self, text: &str) -> String {
        self.view.lang.say(text).into_owned()
    }

    pub(super) fn labelled(&self, label: &str, text: &str) -> Vec<String> {
        layout::labelled(&self.say(label), &self.say(text), self.view.width)
    }
}
