//! The functions part of the template: one function per operation, allowed to perform at the store
//! exactly the actions that it uses.

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::{Route, Size};
use local_stack::fault_proxy::{Action, Kill};
use serde_json::{Value, json};
use system::template::camel;
use system::{World, golden};

use super::recording;
use crate::orders::link;
use crate::subscriptions::{line, send_message};
use crate::{organizations, partners};

/// The generated part gains an action that is used but not yet allowed (until then every other test denies it)
/// and loses one that is allowed but not used. `validateOnly` is a use, too: it needs `ConditionCheckItem`.
#[tokio::test(flavor = "multi_thread")]
async fn each_function_is_allowed_exactly_the_actions_it_uses() {
    let mut used: BTreeMap<&str, BTreeSet<Action>> = BTreeMap::new();
    for recorded in recording::canonical_calls().await.iter().chain(recording::further_calls().await) {
        used.entry(recorded.call.operation).or_default().extend(recorded.used.clone());
    }
    used.entry("get-organization").or_default().extend(seen_by_a_subscription().await);
    used.entry("link-store").or_default().extend(entry_added_by_a_released_order().await);
    used.entry("set-service-request-contact").or_default().extend(removed_contact_replaced().await);
    for (operation, actions) in ends_of_parties_in_use().await.into_iter().chain(people_in_all_ways().await) {
        used.entry(operation).or_default().extend(actions);
    }
    used.insert(functions::SCHEDULE.name, everything_due().await);
    let nothing = BTreeSet::new();
    let part = functions::operations().into_iter().map(|entry| {
        let described = entry.description;
        let actions = used.get(described.name).unwrap_or(&nothing);
        let (rest, beside) = match described.uses_key {
            true => (
                size(described.size) + KEY + &concurrency(described.routes),
                statement("kms:Decrypt", "!GetAtt EnvironmentKey.Arn"),
            ),
            false => (size(described.size) + &concurrency(described.routes), String::new()),
        };
        function(described.name, described.summary, &rest) + &role(described.name, actions, &beside)
    });
    let functions::Schedule { name, summary, .. } = functions::SCHEDULE;
    let schedule = function(name, summary, SCHEDULE)
        + &role(name, &used[name], &statement("sqs:SendMessage", "!GetAtt FailedRuns.Arn"));
    golden::check_part("template.yaml", "functions", &(api_role() + &part.collect::<String>() + &schedule));
}

#[test]
fn routes_and_authorization_match_the_operations() {
    let mut paths: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for described in functions::operations().into_iter().map(|entry| entry.description) {
        for route in described.routes {
            paths.entry(route.path).or_default().push(method(described.name, route));
        }
    }
    let paths = paths.into_iter().map(|(path, methods)| format!("          {path}:\n{}", methods.concat()));
    golden::check_part("template.yaml", "routes", &paths.collect::<String>());
}

/// Returns a route of the API's description. API Gateway refuses a call without a valid token where `security`
/// is set, and warns of an undeclared path parameter, which fails the deployment.
fn method(operation: &str, route: &Route) -> String {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let declared = in_path.map(|name| {
        format!(
            "                - {{ name: {name}, in: path, required: true, schema: {{ type: string }} }}\n"
        )
    });
    let declared: String = declared.collect();
    let parameters =
        if declared.is_empty() { declared } else { format!("              parameters:\n{declared}") };
    let security = if route.access.needs_token() { "              security: [{ Token: [] }]\n" } else { "" };
    format!(
        "            {}:
{parameters}{security}              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                payloadFormatVersion: \"2.0\"
                uri: !Sub arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{}Function.Arn}}/invocations
                credentials: !GetAtt ApiRole.Arn
              responses: {{}}
",
        route.method.name().to_lowercase(),
        camel(operation),
    )
}

/// Returns the role in which API Gateway invokes every function whose name begins with the stack's name,
/// because two hundred names exceed the size of an inline policy. The trust policy has no `aws:SourceAccount`:
/// API Gateway does not send one when it assumes such a role.
fn api_role() -> String {
    let functions =
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-*";
    iam_role("ApiRole", "apigateway", &statement("lambda:InvokeFunction", &format!("!Sub {functions}")))
}

/// Each route that anyone may call has its own throttle, so that strangers cannot use up the
/// capacity of callers with a token.
#[test]
fn every_route_without_a_token_has_its_own_throttle() {
    let routes = functions::operations().into_iter().flat_map(|entry| entry.description.routes);
    let throttle = |route: &Route| {
        format!(
            "        \"{}\":
          ThrottlingRateLimit: !Ref PublicThrottlingRate
          ThrottlingBurstLimit: !Ref PublicThrottlingBurst
",
            route.key()
        )
    };
    let throttles = routes.filter(|route| !route.access.needs_token()).map(throttle);
    golden::check_part("template.yaml", "throttles", &throttles.collect::<String>());
}

/// Properties of a function that uses the deployment key, and of no other: the deployment key,
/// and the KMS key that decrypts the environment. Because of the version, a deployment notices
/// that the secret has another value.
const KEY: &str = "      KmsKeyArn: !GetAtt EnvironmentKey.Arn
      Environment:
        Variables:
          DEPLOYMENT_KEY: !Sub \"{{resolve:secretsmanager:${DeploymentKey}}}\"
          DEPLOYMENT_KEY_VERSION: !Ref DeploymentKeyVersion
";

/// Returns the property that keeps calls without a token from taking all concurrent executions of an account.
fn concurrency(routes: &[Route]) -> String {
    match routes.iter().all(|route| route.access.needs_token()) {
        true => String::new(),
        false => "      ReservedConcurrentExecutions: !If [HasPublicConcurrency, !Ref PublicConcurrency, !Ref AWS::NoValue]
"
        .to_owned(),
    }
}

/// Returns the actions of a read of an organization that the partner sees only by a subscription that it manages.
async fn seen_by_a_subscription() -> BTreeSet<Action> {
    let world = World::without_policies().await;
    for path in [
        "/v1/partners/{partner}/organizations/{yamada}",
        "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}",
        "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}",
    ] {
        world.delete(path).by("operator").send().await.ok();
    }
    world.get("/v1/organizations/{yamada}").by("partnerMember").send().await.ok();
    world.fault_proxy().used().remove("get-organization").unwrap()
}

/// Returns the actions of the link of an account whose parked order adds an organization to the partner's directory.
async fn entry_added_by_a_released_order() -> BTreeSet<Action> {
    let world = World::without_policies().await;
    let path = "/v1/partners/{newPartner}/organizations/{harbour}";
    world.put(path).by("operator").send().await.ok();
    world.delete(path).by("operator").send().await.ok();
    let lines = json!([line("subscription", "ER-1", "C-3", json!({"externalId": "H-1"}))]);
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": lines});
    send_message(&world, "m1", "order.placed", "2026-01-05T09:59:00Z", data).await.ok();
    link(&world, "{newPartner}", "ec-9").await.ok();
    world.fault_proxy().used().remove("link-store").unwrap()
}

/// Returns the actions of adding a contact to a service request, for whom a removed one makes room.
async fn removed_contact_replaced() -> BTreeSet<Action> {
    let world = World::without_policies().await;
    let mut first = String::new();
    for number in 0..21 {
        let email = format!("c{number}@yamada.example");
        let body = json!({"email": email, "name": "C"});
        let made =
            world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
        if number == 20 {
            world.delete(&format!("/v1/customers/{first}")).by("operator").send().await.ok();
        } else if number == 0 {
            first = made["id"].as_str().unwrap().to_owned();
        }
        let path =
            format!("/v1/organizations/{{yamada}}/service-requests/{{serviceRequest}}/contacts/{email}");
        world.put(&path).by("agent").json(json!({"role": "additional"})).send().await.ok();
    }
    world.fault_proxy().used().remove("set-service-request-contact").unwrap()
}

/// Returns the actions of the deactivation and the restoration of a partner and an organization with people, access, a
/// link to a store, and directory entries.
async fn ends_of_parties_in_use() -> Vec<(&'static str, BTreeSet<Action>)> {
    let world = World::without_policies().await;
    partners::prepare_deactivation(&world).await;
    let (organization, _) = organizations::prepare_deactivation(&world).await;
    for verb in ["deactivate", "restore"] {
        for party in ["partners/{newPartner}".to_owned(), format!("organizations/{organization}")] {
            world
                .post(&format!("/v1/{party}/{verb}"))
                .by("operator")
                .key(&format!("{verb} {party}"))
                .send()
                .await
                .ok();
        }
    }
    let mut used = world.fault_proxy().used();
    let operations =
        ["deactivate-partner", "restore-partner", "deactivate-organization", "restore-organization"];
    operations.map(|operation| (operation, used.remove(operation).unwrap())).into()
}

/// Returns the actions of the operations on people, as each kind of caller makes them take effect.
async fn people_in_all_ways() -> Vec<(&'static str, BTreeSet<Action>)> {
    let world = World::without_policies().await;
    let call = async |who: &str, method: &str, path: &str, body: Value| {
        let call = world.call(method, path).by(who).key(&format!("{who} {method} {path} {body}"));
        let call = if body.is_null() { call } else { call.json(body) };
        call.send().await
    };
    let none = Value::Null;
    for who in ["partnerMember", "customer", "agent", "operator"] {
        call(who, "PATCH", "/v1/me", json!({"name": "Robin Ito"})).await.ok();
    }
    for (who, person) in [
        ("contactManager", "/v1/customers/{sora}"),
        ("otherPartnerAdmin", "/v1/customers/{can}"),
        ("operator", "/v1/partners/{partner}/members/{ren}"),
        ("partnerAdmin", "/v1/partners/{partner}/members/{ren}"),
    ] {
        call(who, "GET", person, none.clone()).await.ok();
        for verb in ["disable", "enable"] {
            call(who, "POST", &format!("{person}/{verb}"), none.clone()).await.ok();
        }
    }
    for (who, customers) in [
        ("contactManager", "/v1/organizations/{yamada}/customers"),
        ("otherPartnerAdmin", "/v1/organizations/{bogazici}/customers"),
    ] {
        for query in ["", "?name=Cna", "?email=can%40bogazici.example"] {
            call(who, "GET", &format!("{customers}{query}"), none.clone()).await.ok();
        }
    }
    for query in ["name=Haurto", "email=haruto%40yamada.example"] {
        call("agent", "GET", &format!("/v1/people?{query}"), none.clone()).await.ok();
    }
    let preference = json!({"onSubmitted": true});
    let path = "/v1/organizations/{yamada}/notification-preferences";
    call("customer", "PUT", path, preference).await.ok();
    call("operator", "PATCH", "/v1/customers/{sora}", json!({"manager": true})).await.ok();
    for organization in [json!(null), json!("{harbour}")] {
        let body = json!({"organizationId": organization});
        call("operator", "POST", "/v1/customers/{sora}/move", body).await.ok();
    }
    let mut used = world.fault_proxy().used();
    let operations = [
        "update-me",
        "get-customer",
        "disable-customer",
        "enable-customer",
        "get-partner-member",
        "disable-partner-member",
        "enable-partner-member",
        "list-customers",
        "search-people",
        "move-customer",
    ];
    operations.map(|operation| (operation, used.remove(operation).unwrap())).into()
}

/// Leaves the deactivation of an organization to the scheduled job.
async fn leave_deactivation_to_job(world: &World) {
    let (organization, _) = organizations::prepare_deactivation(world).await;
    world.fault_proxy().kill("deactivate-organization", 1, Kill::Before);
    organizations::deactivate(world, &organization, "d").send().await;
    world.fault_proxy().spare();
    world.post("/_local/time").bytes(br#"{"advance":"PT1M1S"}"#).send().await.ok();
    world.post("/_local/tick").send().await.ok();
}

/// Returns the actions of the scheduled job when every kind of work is due.
async fn everything_due() -> BTreeSet<Action> {
    let world = World::without_policies().await;
    leave_deactivation_to_job(&world).await;
    world.post("/_local/tick").send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"P200D"}"#).send().await.ok();
    world.post("/_local/tick").send().await.ok();
    crate::orders::leave_order_to_job(&world).await;
    world.post("/_local/tick").send().await.ok();
    crate::people::leave_erasures_to_job(&world).await;
    world.fault_proxy().used().remove(functions::SCHEDULE.name).unwrap()
}

/// A failed run is not retried, because the next one is a minute away; the record of the failure is kept.
const SCHEDULE: &str = "      Timeout: 50
      EventInvokeConfig:
        MaximumRetryAttempts: 0
        MaximumEventAgeInSeconds: 60
        DestinationConfig:
          OnFailure:
            Type: SQS
            Destination: !GetAtt FailedRuns.Arn
      Events:
        EveryMinute:
          Type: Schedule
          Properties:
            Schedule: rate(1 minute)
            RetryPolicy:
              MaximumEventAgeInSeconds: 60
              MaximumRetryAttempts: 1
";

fn function(name: &str, summary: &str, rest: &str) -> String {
    let camelled = camel(name);
    format!(
        "  {camelled}Function:
    Type: AWS::Serverless::Function
    Properties:
      Description: {}
      FunctionName: !Sub ${{AWS::StackName}}-{name}
      Handler: {name}
      Role: !GetAtt {camelled}Role.Arn
{rest}",
        serde_json::to_string(summary).unwrap(),
    )
}

/// Returns the memory size and the timeout of a function where they differ from the usual ones.
fn size(size: Size) -> String {
    let Size { seconds, megabytes } = size;
    let of = |name: &str, own: u64, usual: u64| match own == usual {
        true => String::new(),
        false => format!("      {name}: {own}\n"),
    };
    of("MemorySize", megabytes, Size::USUAL.megabytes) + &of("Timeout", seconds, Size::USUAL.seconds)
}

fn role(name: &str, actions: &BTreeSet<Action>, beside: &str) -> String {
    let mut text = statement("[logs:CreateLogStream, logs:PutLogEvents]", "!GetAtt FunctionLogs.Arn");
    let places: BTreeSet<Option<&str>> = actions.iter().map(|(_, of)| of.as_deref()).collect();
    for place in places {
        let allowed = actions.iter().filter(|(_, of)| of.as_deref() == place);
        let allowed: Vec<String> = allowed.map(|(action, _)| format!("dynamodb:{action}")).collect();
        let resource = match place {
            None => "!GetAtt Table.Arn".to_owned(),
            Some(index) => format!("!Sub \"${{Table.Arn}}/index/{index}\""),
        };
        text += &statement(&format!("[{}]", allowed.join(", ")), &resource);
    }
    iam_role(&format!("{}Role", camel(name)), "lambda", &(text + beside))
}

fn statement(action: &str, resource: &str) -> String {
    format!(
        "              - Effect: Allow
                Action: {action}
                Resource: {resource}
"
    )
}

/// Returns a role that an AWS service assumes.
fn iam_role(name: &str, service: &str, statements: &str) -> String {
    format!(
        "  {name}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement:
          - Effect: Allow
            Principal: {{ Service: {service}.amazonaws.com }}
            Action: sts:AssumeRole
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
{statements}      Tags:
        - {{ Key: application, Value: vouchsafe }}

"
    )
}

/// Permissions outside the generated part would not be checked against the recorded actions.
#[test]
fn permissions_exist_only_in_the_generated_functions_part() {
    let template = std::fs::read_to_string(golden::file("template.yaml")).unwrap();
    let (before, rest) = template.split_once("# begin: functions").unwrap();
    let (_, after) = rest.split_once("# end: functions").unwrap();
    for word in [
        "AWS::IAM::",
        "AWS::Serverless::Function",
        "AWS::Lambda::",
        "PolicyDocument",
        "ResourcePolicy",
        "Policies:",
    ] {
        assert!(!before.contains(word) && !after.contains(word), "{word} stands outside the functions part");
    }
}

/// Tests on the local stack hold for a deployment only if both have the same indexes and timeouts.
#[test]
fn indexes_and_timeouts_match_the_local_stack() {
    let template = std::fs::read_to_string(golden::file("template.yaml")).unwrap();
    for (name, [partition, sort], projection) in local_stack::store::INDEXES {
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
    assert_eq!(template.matches("IndexName:").count(), local_stack::store::INDEXES.len());
    let Size { seconds, megabytes } = Size::USUAL;
    assert!(template.contains(&format!("    MemorySize: {megabytes}\n    Timeout: {seconds}\n")));
    let schedule = format!("      Timeout: {}\n", local_stack::gateway::SCHEDULE_TIMEOUT_MILLIS / 1000);
    assert!(SCHEDULE.starts_with(&schedule));
}
