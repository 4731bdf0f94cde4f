mod cost;
mod equality;
