//! The functions part of the template.

use system::golden;

#[test]
fn the_template_has_a_function_per_operation_with_what_it_needs() {
    golden::check_part("template.yaml", "functions", &functions_part());
}

fn functions_part() -> String {
    let policies = golden::policies();
    let entries = functions::operations();
    let part = entries.iter().map(|entry| {
        let described = entry.description;
        function(described, &policies[described.name])
    });
    part.collect()
}

fn camel(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect()
}

fn function(
    described: aws::http::openapi::Description,
    actions: &std::collections::BTreeSet<local::seam::Action>,
) -> String {
    let mut text = format!(
        "  {}Function:\n    Type: AWS::Serverless::Function\n    Metadata:\n      BuildMethod: rust-cargolambda\n      BuildProperties:\n        Binary: {}\n    Properties:\n      Description: {}\n",
        camel(described.name),
        described.name,
        serde_json::to_string(described.about).unwrap(),
    );
    let allowed = |index: Option<&str>| -> Vec<&str> {
        let wanted = actions.iter().filter(|(_, of)| of.as_deref() == index);
        wanted.map(|(action, _)| action.as_str()).collect()
    };
    let places: std::collections::BTreeSet<Option<&str>> =
        actions.iter().map(|(_, of)| of.as_deref()).collect();
    if !places.is_empty() {
        text += "      Policies:\n        - Statement:\n";
    }
    for place in places {
        text += "            - Effect: Allow\n              Action:\n";
        for action in allowed(place) {
            text += &format!("                - dynamodb:{action}\n");
        }
        text += &match place {
            None => "              Resource: !GetAtt Table.Arn\n".to_owned(),
            Some(index) => format!("              Resource: !Sub \"${{Table.Arn}}/index/{index}\"\n"),
        };
    }
    text += "      Events:\n";
    for route in described.routes {
        let event = route.owner.map_or("Call".to_owned(), |owner| format!("Of{}", camel(owner)));
        text += &format!(
            "        {event}:\n          Type: HttpApi\n          Properties:\n            ApiId: !Ref Api\n            Method: {}\n            Path: {}\n",
            route.method.name(),
            route.path,
        );
        if !route.access.needs_token() {
            text += "            Auth:\n              Authorizer: NONE\n";
        }
    }
    text + "\n"
}
