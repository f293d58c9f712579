<?php
// Sets the site up and prints what a test wants to know of it.
[$_, $root] = $argv;
$_SERVER['HTTP_HOST'] = parse_url(getenv('SHOP_URL'), PHP_URL_HOST) . ':' . parse_url(getenv('SHOP_URL'), PHP_URL_PORT);
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
define('WP_INSTALLING', true);
require $root . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

$made = wp_install('Harbour Tea', 'owner', 'owner@example.test', true, '', wp_generate_password());
update_option('permalink_structure', '/%postname%/');
update_option('timezone_string', 'Europe/Berlin');
foreach (['comments_notify', 'moderation_notify', 'comment_moderation', 'comment_previously_approved', 'comment_registration'] as $name) {
    update_option($name, 0);
}
$desk = wp_insert_user(['user_login' => 'desk', 'user_email' => 'desk@example.test', 'user_pass' => wp_generate_password(), 'role' => 'editor']);
$colleague = wp_insert_user(['user_login' => 'colleague', 'user_email' => 'colleague@example.test', 'user_pass' => wp_generate_password(), 'role' => 'editor']);
$helper = wp_insert_user(['user_login' => 'helper', 'user_email' => 'helper@example.test', 'user_pass' => wp_generate_password(), 'role' => 'subscriber']);
$page = wp_insert_post(['post_title' => 'Teapot', 'post_name' => 'teapot', 'post_type' => 'post', 'post_status' => 'publish', 'comment_status' => 'open', 'post_content' => 'A blue one.', 'post_author' => $made['user_id']]);
$passwords = [];
foreach (['desk' => $desk, 'colleague' => $colleague, 'helper' => $helper] as $name => $id) {
    [$passwords[$name]] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'test']);
}
echo json_encode(['page' => $page, 'passwords' => $passwords, 'version' => get_bloginfo('version')]), "\n";
