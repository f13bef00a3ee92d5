//! `create-product`

use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::ProductCreated;
use domain::{Actor, Description, ErrorKind, Faults, Metadata, Name, NewEvent, Product, ProductCode, Role};
use schemars::JsonSchema;

use super::{CODE_TAKEN, NAME_TAKEN, reserve};

/// Makes a product known.
pub struct CreateProduct;

/// A product to be.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateProductBody {
    /// What people call it.
    name: Name,
    /// What it is.
    #[deserr(default)]
    description: Option<Description>,
    /// The vendor's own code for it, by which orders name it.
    #[deserr(default)]
    code: Option<ProductCode>,
}

impl Operation for CreateProduct {
    const NAME: &str = "create-product";
    const ABOUT: &str = "Makes a product known, so that it can be owned.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/products", &[Role::Operator])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[NAME_TAKEN, CODE_TAKEN];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<CreateProductBody>;
    type Output = Product;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Product>, Failure> {
        let Request { context, body, .. } = request;
        let Json(CreateProductBody { name, description, code }) = body;
        let product = Product {
            id: context.id(),
            name: name.clone(),
            description: description.clone(),
            code: code.clone(),
            archived_at: None,
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        change.create(&product)?;
        reserve(&mut change, &product, None)?;
        let (name, code) = (name.clone(), code.clone());
        let created = ProductCreated { product_id: product.id, name, code };
        change.record(NewEvent::of_vendor(created));

        let location = format!("/v1/products/{}", product.id);
        context.commit(change, Answer::created(location, product)).await
    }
}
