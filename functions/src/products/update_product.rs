//! `update-product`

use api_runtime::table::ProductById;
use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::event::{ProductArchived, ProductRestored, ProductUpdated};
use domain::{Actor, Description, ErrorKind, Faults, Given, Name, Patch, Product, ProductCode, Role};
use schemars::JsonSchema;

use super::{CODE_TAKEN, NAME_TAKEN, ProductPath, reserve};

/// Updates, archives or restores a product.
pub struct UpdateProduct;

/// Request body: the fields to change.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateProductBody {
    /// Display name: 1 to 200 characters, unique among products regardless of case and character width. If absent, it
    /// is unchanged.
    #[deserr(default)]
    #[schemars(default)]
    name: Given<Name>,
    /// Description for people: 1 to 1,000 characters. `null` removes it; if absent, it is unchanged.
    #[deserr(default)]
    #[schemars(default)]
    description: Patch<Description>,
    /// The vendor's own code for the product: 1 to 100 characters, unique among products. `null` removes it; if absent,
    /// it is unchanged.
    #[deserr(default)]
    #[schemars(default)]
    code: Patch<ProductCode>,
    /// Whether the product is archived, so that no new entitlement to it can be created. If absent, it is unchanged.
    #[deserr(default)]
    #[schemars(default)]
    archived: Given<bool>,
}

impl Operation for UpdateProduct {
    const NAME: &str = "update-product";
    const SUMMARY: &str = "Update, archive or restore a product";
    const DESCRIPTION: &str = "Only operators may call it. Fields that are not named are unchanged. An \
        archived product gets no new entitlements, except by orders that were taken before; its existing \
        entitlements are unaffected, and it can be restored. A name or code that another product has is \
        refused (409). Idempotent: values that are set already change nothing. Records `product.updated`, \
        and `product.archived` or `product.restored`.";
    const ROUTES: &[Route] = &[route(Method::Patch, "/v1/products/{productId}", &[Role::Operator])];
    const ERRORS: &[ErrorKind] = &[NAME_TAKEN, CODE_TAKEN];

    type Caller = Actor;
    type Path = ProductPath;
    type Query = Nothing;
    type Body = Json<UpdateProductBody>;
    type Output = Product;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Product>, Failure> {
        let Request { context, path, body, .. } = request;
        let (Json(wanted), lookup) = (body, ProductById(path.product_id));
        let before = context.table.get(&lookup).await.or_not_found()?;
        let seen = before.metadata.version;
        let archived = wanted.archived.over(before.archived_at.is_some());
        let mut product = Product {
            name: wanted.name.over(before.name.clone()),
            description: wanted.description.over(before.description.clone()),
            code: wanted.code.over(before.code.clone()),
            archived_at: archived.then(|| before.archived_at.unwrap_or(context.now)),
            ..before.clone()
        };
        let mut change = Change::new();
        if product == before {
            change.confirm(&before, seen, context.if_match())?;
            return context.commit(change, Answer::ok(before)).await;
        }
        product.metadata = before.metadata.next(context.now);
        change.replace(&product, seen, context.if_match())?;
        reserve(&mut change, &product, Some(&before))?;

        let product_id = product.id;
        let (name, code) = (product.name.clone(), product.code.clone());
        if (&name, &product.description, &code) != (&before.name, &before.description, &before.code) {
            change.record(product.event(ProductUpdated { product_id, name, code }));
        }
        match (before.archived_at, product.archived_at) {
            (None, Some(_)) => {
                change.record(product.event(ProductArchived { product_id }));
            }
            (Some(_), None) => {
                change.record(product.event(ProductRestored { product_id }));
            }
            _ => {}
        }
        context.commit(change, Answer::ok(product)).await
    }
}
