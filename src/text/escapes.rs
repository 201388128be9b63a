//! The shape of terminal escape sequences (ECMA-48 and xterm's additions), so far as to skip them whole.

/// Reads characters one by one and knows which belong to a sequence.
#[derive(Debug, Default)]
pub(super) struct Machine {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Outside any sequence.
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte: one final byte follows.
    Intermediate,
    /// Parameters of a control sequence, up to its final byte.
    Csi,
    /// A string (OSC, DCS, APC, PM, SOS), up to BEL or ST.
    String,
    /// After ESC in a string: `\` ends it, anything else begins a new sequence.
    StringEscape,
}

impl Machine {
    /// Whether the character is text, or a control character outside any sequence.
    pub(super) fn lets_through(&mut self, c: char) -> bool {
        // CAN and SUB end any sequence; a line break ends it too, so that an unfinished one cannot
        // swallow the lines behind it.
        if matches!(c, '\u{18}' | '\u{1A}') {
            self.state = State::Text;
            return false;
        }
        if matches!(c, '\n' | '\r') {
            self.state = State::Text;
            return true;
        }
        let before = self.state;
        let opening = matches!(before, State::Escape | State::StringEscape);
        self.state = match (before, c) {
            (State::String, '\u{1B}') => State::StringEscape,
            (State::String, '\u{7}' | '\u{9C}') | (State::StringEscape, '\\') => State::Text,
            (State::String, _) | (_, '\u{90}' | '\u{98}' | '\u{9D}'..='\u{9F}') => State::String,
            (_, '\u{1B}') => State::Escape,
            (State::Csi, ' '..='?') | (_, '\u{9B}') => State::Csi,
            (_, '[') if opening => State::Csi,
            (_, ']' | 'P' | 'X' | '^' | '_') if opening => State::String,
            (State::Text, _) => return true,
            // Other control characters inside a sequence are obeyed by terminals without ending it.
            (state, '\0'..='\u{1F}' | '\u{7F}') => state,
            (State::Escape | State::StringEscape | State::Intermediate, ' '..='/') => {
                State::Intermediate
            }
            (State::Csi, '@'..='~')
            | (State::Escape | State::StringEscape | State::Intermediate, '0'..='~') => State::Text,
            // Not a sequence after all: the character is text.
            _ => {
                self.state = State::Text;
                return true;
            }
        };
        false
    }
}
