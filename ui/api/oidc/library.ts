/** The client of OpenID Connect, loaded where somebody signs in that way. */
export * from "openid-client";
