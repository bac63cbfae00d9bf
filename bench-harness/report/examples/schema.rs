//! Prints the JSON schema of `summary.json`: the content of `schema/summary.schema.json`.

fn main() {
    println!("{:#}", report::data::Document::json_schema());
}
