//! Keeps foreign web pages out of a node on loopback. CORS cannot: it hides answers from a page but lets simple requests
//! through, and it does not hold for WebSockets at all.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse, http::response::host_not_allowed};
use tower::{Layer, Service};

/// True for a page served from this machine; only those may call from a browser.
pub(super) fn is_local_origin(origin: &str) -> bool {
    let Some((_, host)) = origin.split_once("://") else { return false };
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => host.split(':').next(),
    };
    matches!(host, Some("localhost" | "127.0.0.1" | "::1"))
}

/// Answers 403 to every request, upgrades included, whose `Origin` is not local.
#[derive(Clone, Copy, Debug)]
pub(super) struct OriginLayer {
    /// Without it every request passes.
    pub(super) enabled: bool,
}

impl<S> Layer<S> for OriginLayer {
    type Service = OriginFilter<S>;

    fn layer(&self, inner: S) -> Self::Service {
        OriginFilter { inner, enabled: self.enabled }
    }
}

#[derive(Clone, Debug)]
pub(super) struct OriginFilter<S> {
    inner: S,
    enabled: bool,
}

impl<S, B> Service<HttpRequest<B>> for OriginFilter<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse<HttpBody>>,
    S::Error: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let mut origins = request.headers().get_all("origin").iter();
        // All of them: a second header must not hide behind the first.
        if !self.enabled || origins.all(|origin| origin.to_str().is_ok_and(is_local_origin)) {
            return Box::pin(self.inner.call(request));
        }
        tracing::warn!(origins = ?request.headers().get_all("origin"), "a foreign web page is kept out");
        let refusal = host_not_allowed().map(|_| HttpBody::from("Origin is not local.\n"));
        Box::pin(std::future::ready(Ok(refusal)))
    }
}
