//! The published JSON schemas (draft 2020-12) of a row of `trials.jsonl`, of one of `slices.jsonl`, and of what
//! `echolab check --json` prints, generated from their types.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::check::Check;
use crate::sample::Sample;
use crate::slice::Slice;

impl Sample {
    /// The JSON schema of the rows that this version writes. `schema/trial.schema.json` holds a copy.
    pub fn json_schema() -> Value {
        schema::<Self>(&format!(
            "A row of `trials.jsonl`, version {}",
            Self::SCHEMA
        ))
    }
}

impl Slice {
    /// The JSON schema of the rows that this version writes. `schema/slice.schema.json` holds a copy.
    pub fn json_schema() -> Value {
        schema::<Self>(&format!(
            "A row of `slices.jsonl`, version {}",
            Self::SCHEMA
        ))
    }
}

impl Check {
    /// The JSON schema of the document that this version writes. `schema/check.schema.json` holds a copy.
    pub fn json_schema() -> Value {
        schema::<Self>(&format!(
            "The document of `echolab check --json`, version {}",
            Self::SCHEMA
        ))
    }
}

fn schema<Row: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Row>();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}
