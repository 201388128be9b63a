//! The values of the language that may be written short (a word) or long (a map).

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor, value};

use super::{Capture, MenuItem, OnFail};

/// `name: expression`, or `name: {from: expression, secret: true}`.
impl<'de> Deserialize<'de> for Capture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            from: String,
            #[serde(default)]
            secret: bool,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Capture;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression, or a map with `from` and `secret`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Capture, E> {
                Ok(Capture { from: text.to_owned(), secret: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Capture, A::Error> {
                let long = Long::deserialize(value::MapAccessDeserializer::new(map))?;
                Ok(Capture { from: long.from, secret: long.secret })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Capture {
    fn schema_name() -> Cow<'static, str> {
        "Capture".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An expression over the output; with `secret: true` its value is never shown or kept.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "from": { "type": "string" }, "secret": { "type": "boolean" } },
                    "required": ["from"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// `ask`, `continue`, `stop`, or `{menu: [...]}`.
impl<'de> Deserialize<'de> for OnFail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Long {
            menu: Vec<MenuItem>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OnFail;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`ask`, `continue`, `stop`, or a map with `menu`")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<OnFail, E> {
                match word {
                    "ask" => Ok(OnFail::Ask),
                    "continue" => Ok(OnFail::Continue),
                    "stop" => Ok(OnFail::Stop),
                    _ => Err(E::unknown_variant(word, &["ask", "continue", "stop"])),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OnFail, A::Error> {
                let long = Long::deserialize(value::MapAccessDeserializer::new(map))?;
                Ok(OnFail::Menu(long.menu))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for OnFail {
    fn schema_name() -> Cow<'static, str> {
        "OnFail".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<MenuItem>();
        json_schema!({
            "anyOf": [
                { "enum": ["ask", "continue", "stop"] },
                {
                    "type": "object",
                    "properties": { "menu": { "type": "array", "items": item, "minItems": 1 } },
                    "required": ["menu"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// The words of a failure menu that stand alone.
const PLAIN: &[&str] = &[
    "retry",
    "check",
    "by_hand",
    "skip",
    "edit",
    "undo_back",
    "shell",
    "escalate",
    "stop",
    "abort",
];
/// Those that name a phase or a playbook.
const POINTING: &[&str] = &["switch_to", "handoff"];

impl<'de> Deserialize<'de> for MenuItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = MenuItem;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word such as `retry`, or `switch_to: PHASE` or `handoff: PLAYBOOK`")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<MenuItem, E> {
                Ok(match word {
                    "retry" => MenuItem::Retry,
                    "check" => MenuItem::Check,
                    "by_hand" => MenuItem::ByHand,
                    "skip" => MenuItem::Skip,
                    "edit" => MenuItem::Edit,
                    "undo_back" => MenuItem::UndoBack,
                    "shell" => MenuItem::Shell,
                    "escalate" => MenuItem::Escalate,
                    "stop" => MenuItem::Stop,
                    "abort" => MenuItem::Abort,
                    _ => return Err(E::unknown_variant(word, PLAIN)),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MenuItem, A::Error> {
                let (key, name): (String, String) = map
                    .next_entry()?
                    .ok_or_else(|| de::Error::custom("an empty map names nothing"))?;
                if map.next_key::<de::IgnoredAny>()?.is_some() {
                    return Err(de::Error::custom("one item names one thing: put `-` before each"));
                }
                match key.as_str() {
                    "switch_to" => Ok(MenuItem::SwitchTo(name)),
                    "handoff" => Ok(MenuItem::Handoff(name)),
                    _ => Err(de::Error::unknown_field(&key, POINTING)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<MenuItem, A::Error> {
                Err(de::Error::custom("a menu item is a word or a map with one key"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for MenuItem {
    fn schema_name() -> Cow<'static, str> {
        "MenuItem".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pointing = |key: &str| {
            json_schema!({
                "type": "object",
                "properties": { key: { "type": "string" } },
                "required": [key],
                "additionalProperties": false,
            })
        };
        json_schema!({ "anyOf": [{ "enum": PLAIN }, pointing("switch_to"), pointing("handoff")] })
    }
}
