//! The published JSON schema (draft 2020-12) of a row of `trials.jsonl`, generated from its types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::sample::Sample;

impl Sample {
    /// The JSON schema of the rows that this version writes. `schema/trial.schema.json` holds a copy.
    pub fn json_schema() -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Self>();
        let title = format!("A row of `trials.jsonl`, version {}", Self::SCHEMA);
        schema.insert("title".to_owned(), title.into());
        schema.to_value()
    }
}
