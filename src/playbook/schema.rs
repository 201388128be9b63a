//! The JSON Schema of the language, generated from its types.

/// The schema of a check whose map also holds the fields of `Extra`.
pub fn probe_with<Extra: schemars::JsonSchema>(
    generator: &mut schemars::SchemaGenerator,
) -> schemars::Schema {
    generator.subschema_for::<Extra>()
}
