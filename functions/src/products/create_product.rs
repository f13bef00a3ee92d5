//! `create-product`

use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::ProductCreated;
use domain::{Actor, Description, ErrorKind, Faults, Metadata, Name, Product, ProductCode, Role};
use schemars::JsonSchema;

use super::{CODE_TAKEN, NAME_TAKEN, reserve};

/// Creates a product.
pub struct CreateProduct;

/// Request body: the product to create.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateProductBody {
    /// Display name: 1 to 200 characters, unique among products regardless of case and character width.
    name: Name,
    /// Description for people: 1 to 1,000 characters. If absent, the product has none.
    #[deserr(default)]
    description: Option<Description>,
    /// The vendor's own code for the product, by which orders name it: 1 to 100 characters, unique among products.
    /// Without a code, orders cannot name the product.
    #[deserr(default)]
    code: Option<ProductCode>,
}

impl Operation for CreateProduct {
    const NAME: &str = "create-product";
    const SUMMARY: &str = "Create a product";
    const DESCRIPTION: &str = "Only operators may call it. Entitlements to the product can be created from \
        then on. A name or code that another product has is refused (409). A product cannot be deleted, but \
        it can be archived with `PATCH /v1/products/{productId}`. Records `product.created`.";
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
        change.record(product.event(created));

        let location = format!("/v1/products/{}", product.id);
        context.commit(change, Answer::created(location, product)).await
    }
}
