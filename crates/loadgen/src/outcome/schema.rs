//! The published JSON schema (draft 2020-12) of the outcome document, generated from its types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::outcome::Outcome;

impl Outcome {
    /// The JSON schema of the document that this version writes; a copy is in `schema/outcome.schema.json`.
    pub fn json_schema() -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Self>();
        let title = format!("Outcome of `echolab load --json`, version {}", Self::SCHEMA);
        schema.insert("title".to_owned(), title.into());
        schema.to_value()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::plan::load::Load;

    const PUBLISHED: &str = include_str!("../../schema/outcome.schema.json");

    #[test]
    fn the_published_schema_matches_the_types() {
        let published: Value = serde_json::from_str(PUBLISHED).unwrap();
        assert!(
            published == Outcome::json_schema(),
            "the types have changed; run `cargo run -p loadgen --example schema > crates/loadgen/schema/outcome.schema.json`"
        );
    }

    /// The outcome of a short run against an honest echo server.
    fn real_outcome() -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(n @ 1..) = stream.read(&mut buffer) {
                        if stream.write_all(&buffer[..n]).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        let mut load = Load::on(address.to_string().parse().unwrap());
        (load.classes[0].connections, load.requests) = (4, Some(2000));
        load.warmup = Duration::ZERO;
        load.run(&AtomicBool::new(false), &mut |_| {}).unwrap()
    }

    #[test]
    fn a_real_outcome_obeys_its_schema_and_survives_the_round_trip() {
        let outcome = real_outcome();
        let document = serde_json::to_value(&outcome).unwrap();
        let schema = jsonschema::draft202012::new(&Outcome::json_schema()).unwrap();
        let errors: Vec<_> = schema
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        let text = document.to_string();
        assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
    }

    #[test]
    fn the_schema_refuses_other_documents() {
        let schema = jsonschema::draft202012::new(&Outcome::json_schema()).unwrap();
        let mut document = serde_json::to_value(Outcome::default()).unwrap();
        assert!(schema.is_valid(&document));
        document["requests"] = "many".into();
        assert!(!schema.is_valid(&document));
        assert!(!schema.is_valid(&Value::from("{}")));
    }
}
