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
    let (name, camel) = (described.name, camel(described.name));
    let mut text = format!(
        "  {camel}Function:
    Type: AWS::Serverless::Function
    Properties:
      Description: {}
      CodeUri: target/lambda/{name}
      Role: !GetAtt {camel}Role.Arn
      Events:
",
        serde_json::to_string(described.about).unwrap(),
    );
    for route in described.routes {
        let event = route.owner.map_or("Call".to_owned(), |owner| format!("Of{}", self::camel(owner)));
        text += &format!(
            "        {event}:
          Type: HttpApi
          Properties:
            ApiId: !Ref Api
            Method: {}
            Path: {}
",
            route.method.name(),
            route.path,
        );
        if !route.access.needs_token() {
            text += "            Auth:\n              Authorizer: NONE\n";
        }
    }
    text + &role(&camel, actions)
}

fn role(camel: &str, actions: &std::collections::BTreeSet<local::seam::Action>) -> String {
    let mut text = format!(
        "  {camel}Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement:
          - Effect: Allow
            Principal: {{ Service: lambda.amazonaws.com }}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
              - Effect: Allow
                Action: [logs:CreateLogStream, logs:PutLogEvents]
                Resource: !GetAtt FunctionLogs.Arn
"
    );
    let places: std::collections::BTreeSet<Option<&str>> =
        actions.iter().map(|(_, of)| of.as_deref()).collect();
    for place in places {
        let allowed = actions.iter().filter(|(_, of)| of.as_deref() == place);
        let allowed: Vec<String> = allowed.map(|(action, _)| format!("dynamodb:{action}")).collect();
        let resource = match place {
            None => "!GetAtt Table.Arn".to_owned(),
            Some(index) => format!("!Sub \"${{Table.Arn}}/index/{index}\""),
        };
        text += &format!(
            "              - Effect: Allow
                Action: [{}]
                Resource: {resource}
",
            allowed.join(", "),
        );
    }
    text + "      Tags:\n        - { Key: application, Value: vouchsafe }\n\n"
}

/// What the local stack says of the table and the functions' time, the template says too.
#[test]
fn the_template_has_the_local_stacks_table_and_timeout() {
    let template = std::fs::read_to_string(golden::file("template.yaml")).unwrap();
    for (name, [partition, sort], projection) in local::store::INDEXES {
        let index = format!(
            "        - IndexName: {name}
          KeySchema:
            - {{ AttributeName: {partition}, KeyType: HASH }}
            - {{ AttributeName: {sort}, KeyType: RANGE }}
          Projection: {{ ProjectionType: {} }}
",
            projection.as_str(),
        );
        assert!(template.contains(&index), "the template has no\n{index}");
    }
    assert_eq!(template.matches("IndexName:").count(), local::store::INDEXES.len());
    assert!(template.contains(&format!("    Timeout: {}\n", local::gateway::TIMEOUT_MILLIS / 1000)));
}
