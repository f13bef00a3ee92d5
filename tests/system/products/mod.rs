mod create_product;
mod list_products;
mod update_product;
