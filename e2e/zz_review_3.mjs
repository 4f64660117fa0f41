import { chromium } from './node_modules/playwright/index.mjs';
import fs from 'fs';
const b = await chromium.launch({executablePath:'/usr/bin/chromium'});
const S='/tmp/review/'; const errs=[];
const p=await (await b.newContext({viewport:{width:1280,height:800}})).newPage();
p.on('pageerror',e=>errs.push(''+e)); p.on('console',m=>m.type()==='error'&&errs.push(m.text()));
await p.addInitScript(()=>{window.lt=[];new PerformanceObserver(l=>l.getEntries().forEach(e=>window.lt.push(Math.round(e.duration)))).observe({entryTypes:['longtask']})});
await p.goto('http://127.0.0.1:8123/check/'); await p.waitForTimeout(1500);
const ta=p.locator('textarea').first();
const V=async()=>{ return (await p.locator('main').innerText()).split('Cancel\n')[1].slice(0,900) };
async function go(t,name){ await ta.fill(t); await p.getByRole('button',{name:'Check',exact:true}).click(); await p.waitForTimeout(1200); console.log('###',name,'\n',await V()); }
await go('','empty');
await go('garbage','garbage');
await go('{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0 :type :ok :f :write :value 3}\n{:process 0 :type :ok :f :write :value 3}\n','double');
await p.screenshot({path:S+'chk-err.png'});
const g=p.getByRole('button',{name:/line/i}); console.log('GOTO count',await g.count()); if(await g.count()){ console.log(await g.first().innerText()); await g.first().click(); console.log(await p.evaluate(()=>{const t=document.querySelector('textarea');return [document.activeElement===t,t.value.slice(t.selectionStart,t.selectionEnd)]}));}
// withdrawal nonsense
await go('{"client":"A","operation":"withdraw","args":[10],"invoked_us":0,"ended_us":1000,"outcome":"ok"}','overdraft');
// initial
for(const ex of ['A stale read','A cart that forgets','An answer that never came','A write that timed out']){ await p.locator('text='+ex).first().click(); await p.waitForTimeout(1000); console.log('###',ex,await V(), p.url()); await p.screenshot({path:S+'ex-'+ex.replace(/ /g,'_')+'.png',fullPage:true}); }
// 2000
for (const f of ['big2000.jsonl','big2000bad.jsonl']){ const t=fs.readFileSync('/tmp/review/h/'+f,'utf8');
 await p.evaluate(()=>{window.lt.length=0}); 
 await p.locator('input[type=file]').setInputFiles('/tmp/review/h/'+f); await p.waitForTimeout(4000); console.log('###',f,await V()); console.log('LONG',await p.evaluate(()=>window.lt));
 await p.screenshot({path:S+f+'.png'});
 await p.evaluate(()=>{window.lt.length=0}); 
 const sheet=p.locator('.op-sheet'); await sheet.focus(); for(const k of ['ArrowRight','ArrowRight','ArrowDown','Enter','End','Home']) {await p.keyboard.press(k); await p.waitForTimeout(150);} console.log('LONG keys',await p.evaluate(()=>window.lt)); await p.screenshot({path:S+f+'-2.png',fullPage:true});}
// hard: undecided / cancel
await p.locator('input[type=file]').setInputFiles('/tmp/review/h/bankhard'); await p.waitForTimeout(400); console.log('### during', await V()); const c=p.getByRole('button',{name:'Cancel'}); console.log('cancel enabled',await c.isEnabled()); if(await c.isEnabled()) await c.click(); await p.waitForTimeout(400); console.log('### after cancel', await V());
await p.getByRole('button',{name:'Check',exact:true}).click(); await p.waitForTimeout(15000); console.log('### bankhard', await V());
// non utf8 file
await p.locator('input[type=file]').setInputFiles('/tmp/review/h/nonutf'); await p.waitForTimeout(1000); console.log('### nonutf', await V());
console.log(errs); await b.close();
